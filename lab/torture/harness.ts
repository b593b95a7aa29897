import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

/** One line of the table. */
export interface Row {
  test: string;
  count: number;
  /** What was wrong, in sentences; the goal is none. */
  found: string[];
  /** Things that were never answered. */
  lost: number;
  /** Growth of this process and its children from warm to the end, MiB. */
  memoryMiB: number;
  /** Longest time from a fault to the next good answer, ms; undefined: nothing to recover from. */
  recoveryMs: number | undefined;
  /** 99th percentile of this process's event loop delay, ms. */
  loopP99Ms: number;
}

export interface TortureOptions {
  /** Cases to try. */
  count: number;
  /** The same seed tries the same cases. */
  seed: number;
}

/** More sentences about one test than this are only counted. */
const MAX_SENTENCES = 20;
/** An answer that takes longer is a hang, ms. */
export const HANG_MS = 5000;

/** Resident memory of a process, MiB; 0 when it is gone. */
export function residentMiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Keeps the books of one test. */
export class Tally {
  count = 0;
  lost = 0;
  readonly found: string[] = [];
  #foundMore = 0;
  #recoveryMs: number | undefined;
  #warmMiB = 0;
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });

  constructor(
    readonly test: string,
    /** Processes whose memory counts beside this one's. */
    readonly pids: () => (number | undefined)[] = () => [],
  ) {
    this.#delay.enable();
  }

  /** From here on growth counts: caches are filled, programs are loaded. */
  warm(): void {
    this.#warmMiB = this.#residentMiB();
    this.#delay.reset();
  }

  fault(sentence: string): void {
    if (this.found.length < MAX_SENTENCES) this.found.push(sentence);
    else this.#foundMore += 1;
  }

  check(holds: boolean, sentence: string): void {
    if (!holds) this.fault(sentence);
  }

  recovered(ms: number): void {
    this.#recoveryMs = Math.max(this.#recoveryMs ?? 0, ms);
  }

  /** Waits for an answer; one that does not come within 5 s is lost, and undefined. */
  async answered<T>(what: string, answer: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), HANG_MS)));
    try {
      const first = await Promise.race([answer.then((value) => ({ value })), late]);
      if (first !== 'late') return first.value;
      this.lost += 1;
      this.fault(`${what}: no answer within ${HANG_MS / 1000} s`);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  row(): Row {
    this.#delay.disable();
    const more = this.#foundMore > 0 ? [`and ${this.#foundMore} more`] : [];
    const [found, { test, count, lost }] = [[...this.found, ...more], this];
    const memoryMiB = Math.round(this.#residentMiB() - this.#warmMiB);
    const loopP99Ms = Math.round(this.#delay.percentile(99) / 1e5) / 10;
    return { test, count, found, lost, memoryMiB, recoveryMs: this.#recoveryMs, loopP99Ms };
  }

  #residentMiB(): number {
    (globalThis as { gc?: () => void }).gc?.();
    return [process.pid, ...this.pids()].reduce((sum: number, pid) => sum + (pid ? residentMiB(pid) : 0), 0);
  }
}

const HEAD = ['test', 'count', 'found', 'lost', 'memory, MiB', 'longest recovery, s', 'loop delay p99, ms'];

/** The rows as a Markdown table. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ test, count, found, lost, memoryMiB, recoveryMs, loopP99Ms }) => [
    ...[test, String(count), String(found.length), String(lost), String(memoryMiB)],
    ...[recoveryMs === undefined ? '–' : (recoveryMs / 1000).toFixed(2), loopP99Ms.toFixed(1)],
  ]);
  const widths = HEAD.map((title, i) => Math.max(title.length, ...cells.map((row) => row[i]!.length)));
  const line = (row: string[]): string => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

/** Runs a torture as a program: `[COUNT] [--seed N]`; prints the table and what was found, fails when anything was. */
export async function runTorture(
  torture: (options: TortureOptions) => Promise<Row[]>,
  usualCount: number,
): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' } },
  });
  const started = performance.now();
  const rows = await torture({ count: Number(positionals[0] ?? usualCount), seed: Number(values.seed) });
  console.log(tableOf(rows));
  for (const { test, found } of rows) for (const sentence of found) console.log(`${test}: ${sentence}`);
  console.log(`${Math.round((performance.now() - started) / 1000)} s`);
  if (rows.some(({ found, lost }) => found.length + lost > 0)) process.exitCode = 1;
}
