import { pause } from './wait';

/** Without a rate a turn still takes this long, ms: a source that is always ready must not fill the event loop. */
const MIN_INTERVAL_MS = 8;

/** Turns at a steady rate. A turn that comes late is not made up for: pictures would come in bursts. */
export class Pacer {
  readonly #intervalMs: number;
  #dueMs = 0;

  /** @param fps turns per second; 0: as fast as they are asked for */
  constructor(fps: number) {
    this.#intervalMs = fps > 0 ? 1000 / fps : MIN_INTERVAL_MS;
  }

  async next(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const waitMs = this.#dueMs - now;
    if (waitMs > 0) await pause(waitMs, signal);
    // one interval after the last turn was due, unless that is already past
    this.#dueMs = Math.max(this.#dueMs + this.#intervalMs, performance.now());
  }
}
