import type { Verdict } from '../../contract/verdict';

/** triggers = pass + fail + notInspected, always. */
export interface Counters {
  triggers: number;
  pass: number;
  fail: number;
  notInspected: number;
  /** ISO 8601: counted from here. */
  since: string;
}

const COUNTER_OF = { PASS: 'pass', FAIL: 'fail', NOT_INSPECTED: 'notInspected' } as const satisfies Record<
  Verdict,
  keyof Counters
>;

export function newCounters(nowMs: number): Counters {
  return { triggers: 0, pass: 0, fail: 0, notInspected: 0, since: new Date(nowMs).toISOString() };
}

/** Counts one verdict and gives back a copy: what a message carries must not move on with the next frame. */
export function count(counters: Counters, verdict: Verdict): Counters {
  counters.triggers += 1;
  counters[COUNTER_OF[verdict]] += 1;
  return { ...counters };
}

/** Reads counters as they were stored; undefined when they do not add up. */
export function readCounters(value: unknown): Counters | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { triggers, pass, fail, notInspected, since } = value as Partial<Counters>;
  const numbers = [triggers, pass, fail, notInspected];
  if (!numbers.every((number) => Number.isSafeInteger(number) && (number as number) >= 0)) return undefined;
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) return undefined;
  const read = { triggers, pass, fail, notInspected, since } as Counters;
  return read.triggers === read.pass + read.fail + read.notInspected ? read : undefined;
}
