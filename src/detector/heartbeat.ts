/** Time between two questions, ms. */
const PERIOD_MS = 300;

/**
 * Silence after which a process counts as frozen, ms. Its main thread answers, which neither loads models nor infers, so
 * that a slow model is no silence; with the restart a frozen detector is back within 3 s.
 */
const SILENCE_MS = 1_800;

/** Asks a process again and again whether it is there, and calls back once when it does not answer any more. */
export class Heartbeat {
  readonly #timer: NodeJS.Timeout;
  readonly #ask: () => void;
  readonly #onSilent: (silentMs: number) => void;
  readonly #now: () => number;
  #answeredAt: number;
  #askedAt: number;

  /** @param now milliseconds of a clock that is never set */
  constructor(ask: () => void, onSilent: (silentMs: number) => void, now: () => number = () => performance.now()) {
    this.#ask = ask;
    this.#onSilent = onSilent;
    this.#now = now;
    this.#answeredAt = this.#askedAt = now();
    this.#timer = setInterval(() => this.beat(), PERIOD_MS).unref();
  }

  /** Called by the timer. */
  beat(): void {
    const nowMs = this.#now();
    // it was this process that stood still: answers may be waiting unread, the silence starts anew
    if (nowMs - this.#askedAt > 2 * PERIOD_MS) this.#answeredAt = nowMs;
    this.#askedAt = nowMs;
    if (nowMs - this.#answeredAt < SILENCE_MS) return this.#ask();
    this.stop();
    this.#onSilent(SILENCE_MS);
  }

  answered(): void {
    this.#answeredAt = this.#now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
