import type { Verdict } from '../../contract/verdict';

/** triggers = pass + fail + notInspected, always. */
export interface Tally {
  triggers: number;
  pass: number;
  fail: number;
  notInspected: number;
}

/** Parts of production; golden parts have a tally of their own, so that they are in no yield. */
export interface Counters extends Tally {
  /** ISO 8601: counted from here. */
  since: string;
  /** Golden parts since then; absent while there were none. */
  golden?: Tally;
}

const COUNTER_OF = { PASS: 'pass', FAIL: 'fail', NOT_INSPECTED: 'notInspected' } as const satisfies Record<
  Verdict,
  keyof Tally
>;

export function newCounters(nowMs: number): Counters {
  return { triggers: 0, pass: 0, fail: 0, notInspected: 0, since: new Date(nowMs).toISOString() };
}

/**
 * Counts one verdict and gives back a copy: what a message carries must not move on with the next frame.
 *
 * @param parts how many parts it stands for
 */
export function count(counters: Counters, verdict: Verdict, parts = 1): Counters {
  add(counters, verdict, parts);
  return copy(counters);
}

/** As count(), for a golden part. */
export function countGolden(counters: Counters, verdict: Verdict, parts = 1): Counters {
  add((counters.golden ??= { triggers: 0, pass: 0, fail: 0, notInspected: 0 }), verdict, parts);
  return copy(counters);
}

export function copy(counters: Counters): Counters {
  return { ...counters, ...(counters.golden && { golden: { ...counters.golden } }) };
}

function add(tally: Tally, verdict: Verdict, parts: number): void {
  tally.triggers += parts;
  tally[COUNTER_OF[verdict]] += parts;
}

function readTally(value: unknown): Tally | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { triggers, pass, fail, notInspected } = value as Partial<Tally>;
  const numbers = [triggers, pass, fail, notInspected];
  if (!numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)) return undefined;
  const read = { triggers, pass, fail, notInspected } as Tally;
  return read.triggers === read.pass + read.fail + read.notInspected ? read : undefined;
}

/** Reads counters as they were stored; undefined when they do not add up. */
export function readCounters(value: unknown): Counters | undefined {
  const tally = readTally(value);
  const { since, golden } = (value ?? {}) as Partial<Counters>;
  if (tally === undefined || typeof since !== 'string' || Number.isNaN(Date.parse(since))) return undefined;
  const apart = readTally(golden);
  return { ...tally, since, ...(apart && { golden: apart }) };
}
