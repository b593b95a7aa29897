import { pause, throwIfAborted } from '../../kit/wait';

/** Without a rate a turn still takes this long, ms: a source that is always ready must not fill the event loop. */
const MIN_INTERVAL_MS = 8;

/** Slowest rate that is waited for, turns per second: a limit of 0 must not stop the clock for ever. */
const MIN_FPS = 0.1;

/** Turns at a steady rate. A turn that comes late is not made up for: pictures would come in bursts. */
export class Pacer {
  #lastDueMs = -Infinity;

  /** How many turns have become due since the last one; they are over then. @param fps as for next() */
  passed(fps: number): number {
    if (!(fps > 0) || fps === Infinity || this.#lastDueMs === -Infinity) return 0;
    const intervalMs = intervalOf(fps);
    const turns = Math.max(0, Math.floor((performance.now() - this.#lastDueMs) / intervalMs));
    this.#lastDueMs += turns * intervalMs;
    return turns;
  }

  /** @param fps turns per second at present; Infinity or 0: as fast as they are asked for */
  async next(fps: number, signal: AbortSignal): Promise<void> {
    const dueMs = Math.max(this.#lastDueMs + intervalOf(fps), performance.now());
    if (dueMs > performance.now()) await pause(dueMs - performance.now(), signal);
    throwIfAborted(signal);
    this.#lastDueMs = dueMs;
  }
}

function intervalOf(fps: number): number {
  return fps > 0 ? Math.max(MIN_INTERVAL_MS, 1000 / Math.max(fps, MIN_FPS)) : MIN_INTERVAL_MS;
}
