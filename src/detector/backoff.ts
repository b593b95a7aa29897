/** First wait after a death, milliseconds: long enough that a crash loop leaves the processor to others. */
const BASE_MS = 250;

/** Longest wait, milliseconds: a line that recovers by itself must not stand longer than this. */
const MAX_MS = 30_000;

/** Waits are spread by ± this share, so that several detectors that died together do not load together. */
const JITTER = 0.25;

/** Exponential back-off with jitter: 0.25 s, 0.5 s, 1 s … 30 s; back to the start after a success. */
export class Backoff {
  #failures = 0;
  readonly #random: () => number;

  /** @param random 0 ≤ x < 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** How many failures there were since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Notes a failure. @returns how long to wait, milliseconds */
  next(): number {
    const waitMs = Math.min(MAX_MS, BASE_MS * 2 ** this.#failures);
    this.#failures += 1;
    return Math.round(waitMs * (1 - JITTER + 2 * JITTER * this.#random()));
  }

  succeeded(): void {
    this.#failures = 0;
  }
}
