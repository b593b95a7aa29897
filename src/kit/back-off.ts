export interface BackOffOptions {
  /** First pause, ms. */
  firstMs: number;
  /** Longest pause, ms. */
  maxMs: number;
}

export const BACK_OFF_DEFAULTS: Readonly<BackOffOptions> = { firstMs: 500, maxMs: 30_000 };

/** Pauses between attempts: doubled after each, cut at the maximum, then a random half to whole of it ("equal jitter",
 * AWS Architecture Blog, "Exponential Backoff And Jitter"), so that ten cameras behind one switch do not return at once. */
export class BackOff {
  readonly #options: BackOffOptions;
  readonly #random: () => number;
  #attempts = 0;

  constructor(options: Partial<BackOffOptions> = {}, random: () => number = Math.random) {
    this.#options = { ...BACK_OFF_DEFAULTS, ...options };
    this.#random = random;
  }

  get attempts(): number {
    return this.#attempts;
  }

  /** The next pause, ms. */
  nextMs(): number {
    const { firstMs, maxMs } = this.#options;
    // beyond 2^20 the cap has long been reached; the bound keeps the power finite
    const ceiling = Math.min(maxMs, firstMs * 2 ** Math.min(this.#attempts, 20));
    this.#attempts += 1;
    return ceiling / 2 + (ceiling / 2) * this.#random();
  }

  reset(): void {
    this.#attempts = 0;
  }
}
