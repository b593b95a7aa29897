import { percentilesOf, type Percentiles } from '../kit/percentiles';

/** Latencies that count, the newest: enough for a 99th percentile. */
const KEPT = 512;

export interface LatencySummary extends Percentiles {
  /** How many latencies they are of. */
  count: number;
}

/** The newest latencies, ms, and their percentiles (nearest rank). */
export class LatencyWindow {
  readonly #values: number[] = [];
  #next = 0;

  add(ms: number): void {
    this.#values[this.#next] = ms;
    this.#next = (this.#next + 1) % KEPT;
  }

  /** undefined before the first latency. */
  percentiles(): LatencySummary | undefined {
    const count = this.#values.length;
    return count === 0 ? undefined : { count, ...percentilesOf(this.#values) };
  }
}
