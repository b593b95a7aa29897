/** Latencies that count, the newest: enough for a 99th percentile. */
const KEPT = 512;

export interface Percentiles {
  /** How many latencies they are of. */
  count: number;
  p50: number;
  p90: number;
  p99: number;
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
  percentiles(): Percentiles | undefined {
    const sorted = [...this.#values].sort((a, b) => a - b);
    const count = sorted.length;
    if (count === 0) return undefined;
    const at = (part: number) => sorted[Math.ceil(part * count) - 1] as number;
    return { count, p50: at(0.5), p90: at(0.9), p99: at(0.99) };
  }
}
