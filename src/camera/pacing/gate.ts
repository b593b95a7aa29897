import type { Overload } from '../../contract/detector';
import { Waiters } from '../../kit/wait';

/** What the gate needs to know of the frames that are on their way through the detectors. */
export interface Flights {
  /** Frames of this camera that a detector has accepted and not answered. */
  inFlight(camera: string): number;
  /** Whether one of them waits for a model that is still loading. */
  isEarly?(camera: string): boolean;
  on(event: 'left', listener: () => void): unknown;
  off(event: 'left', listener: () => void): unknown;
}

/** Frames of one camera that may be in flight: one being inferred, one decoded meanwhile. */
export const IN_FLIGHT_LIMIT = 2;
/** Frames that wait at most under `every`; a 1080p JPEG is about 0.5 MB. Beyond it the newcomer is dropped. */
export const EVERY_LIMIT = 16;

/** How a frame leaves the gate. */
export type Passage = 'go' | 'dropped' | 'early' | 'stopped';

/**
 * Holds frames back while the detector is busy. `latest`: one waits, and gives way to a newer one; `every`: all wait, up
 * to a stated number.
 */
export class Gate {
  readonly #camera: string;
  readonly #policy: Overload;
  readonly #flights: Flights;
  readonly #line: Array<(passage: Passage) => void> = [];
  readonly #room = new Waiters<void>();
  readonly #onLeft = () => this.#advance();
  /** Frames let go in this turn of the event loop, which no detector can have accepted yet. */
  #justGone = 0;
  #stopped = false;

  constructor(camera: string, policy: Overload, flights: Flights) {
    this.#camera = camera;
    this.#policy = policy;
    this.#flights = flights;
    flights.on('left', this.#onLeft);
  }

  get waiting(): number {
    return this.#line.length;
  }

  /** Resolves when the frame may go on, or is not wanted any more. */
  pass(): Promise<Passage> {
    if (this.#stopped) return Promise.resolve('stopped');
    if (this.#line.length === 0 && this.#isFree()) {
      this.#countGone();
      return Promise.resolve('go');
    }
    const loss = this.#flights.isEarly?.(this.#camera) ? 'early' : 'dropped';
    if (this.#policy === 'latest') this.#line.shift()?.(loss);
    else if (this.#line.length >= EVERY_LIMIT) return Promise.resolve(loss);
    return new Promise((resolve) => this.#line.push(resolve));
  }

  /** Resolves when a frame offered now would not have to wait: how sources that can wait do so. */
  async room(signal: AbortSignal): Promise<void> {
    while (!this.#stopped && (this.#line.length > 0 || !this.#isFree())) await this.#room.wait(signal);
  }

  stop(): void {
    this.#stopped = true;
    this.#flights.off('left', this.#onLeft);
    for (const leave of this.#line.splice(0)) leave('stopped');
    this.#room.resolveAll();
  }

  #isFree(): boolean {
    return this.#flights.inFlight(this.#camera) + this.#justGone < IN_FLIGHT_LIMIT;
  }

  #countGone(): void {
    this.#justGone += 1;
    // messages travel by setImmediate, node by node: a few turns until the detector has counted the frame itself
    setTimeout(() => {
      this.#justGone -= 1;
      this.#advance();
    }, SETTLE_MS);
  }

  #advance(): void {
    while (this.#line.length > 0 && this.#isFree()) {
      this.#countGone();
      this.#line.shift()?.('go');
    }
    if (this.#line.length === 0 && this.#isFree()) this.#room.resolveAll();
  }
}

/** Time for a message to reach the detector, ms. */
const SETTLE_MS = 10;
