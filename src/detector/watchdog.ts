/** Calls back when nothing happened for a while although something was due. */
export class Watchdog {
  readonly #limitMs: number;
  readonly #onTimeout: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param limitMs longest silence, milliseconds */
  constructor(limitMs: number, onTimeout: () => void) {
    this.#limitMs = limitMs;
    this.#onTimeout = onTimeout;
  }

  /** Begins watching (no effect when it does already), or ends it. */
  watch(isDue: boolean): void {
    if (!isDue) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#onTimeout();
      }, this.#limitMs);
    }
  }

  /** Something happened: the silence starts anew. */
  restart(): void {
    // refresh() re-arms the timer without making a new one: this is called once per frame
    this.#timer?.refresh();
  }
}
