import type { NotInspectedReason } from '../../contract/verdict';

/** Frames that were due and could not be taken. */
export interface Missed {
  reason: NotInspectedReason;
  detail: string;
  count: number;
}

/** At most one message in this time, ms. */
const TELL_EVERY_MS = 1000;

/**
 * Gathers the frames that were due while a camera was paused or lost, and tells them together: at once, then at most once a
 * second. Frames of different reasons are told apart, in the order in which they were missed.
 */
export class MissedFrames {
  readonly #tell: (missed: Missed) => void;
  #pending: Missed[] = [];
  #toldMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (missed: Missed) => void) {
    this.#tell = tell;
  }

  add(missed: Missed): void {
    const last = this.#pending.at(-1);
    if (last?.reason === missed.reason) {
      last.count += missed.count;
      last.detail = missed.detail;
    } else this.#pending.push({ ...missed });
    this.#tellWhenDue();
  }

  /** Tells what is left, whatever the time: nobody will be there to do it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const missed of this.#pending.splice(0)) this.#tell(missed);
  }

  #tellWhenDue(): void {
    if (this.#timer !== undefined || this.#pending.length === 0) return;
    const waitMs = this.#toldMs + TELL_EVERY_MS - performance.now();
    if (waitMs <= 0) return this.#tellNext();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tellNext();
    }, waitMs);
  }

  #tellNext(): void {
    const next = this.#pending.shift();
    if (next === undefined) return;
    this.#toldMs = performance.now();
    this.#tell(next);
    this.#tellWhenDue();
  }
}
