/** Longest sleep: a delay beyond 2³¹ ms would be none. */
const MAX_SLEEP_MS = 3_600_000;

/**
 * Notices when no part comes any more: a detector that is disabled, a wire that is missing, a trigger that is out. What does
 * not come has no verdict, so nothing else would say it.
 */
export class SilenceWatch {
  readonly #afterMs: number;
  readonly #tell: (silentSinceMs: number | undefined) => void;
  /** When the last part came, by the clock that never jumps, and by the one on the wall. */
  #last = { atMs: performance.now(), wallMs: Date.now() };
  #isSilent = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param afterMs silence begins when no part has come for this long; 0: never
   * @param tell called when it begins, with the time of the last part (or of the start), ms since 1970; undefined: a part came
   */
  constructor(afterMs: number, tell: (silentSinceMs: number | undefined) => void) {
    this.#afterMs = afterMs;
    this.#tell = tell;
    if (afterMs > 0) this.#sleep();
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Since the last part, or the start, s. */
  get seconds(): number {
    return (performance.now() - this.#last.atMs) / 1000;
  }

  partCame(): void {
    this.#last = { atMs: performance.now(), wallMs: Date.now() };
    if (!this.#isSilent) return;
    this.#isSilent = false;
    this.#tell(undefined);
    this.#sleep();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One timer that looks when it could be so, however many parts come: none per part. */
  #sleep(): void {
    const leftMs = this.#last.atMs + this.#afterMs - performance.now();
    if (leftMs <= 0) {
      this.#isSilent = true;
      this.#tell(this.#last.wallMs);
      return;
    }
    this.#timer = setTimeout(() => this.#sleep(), Math.min(MAX_SLEEP_MS, leftMs + 1));
    this.#timer.unref();
  }
}
