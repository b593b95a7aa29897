/** A camera that has not asked for this long does not count among those that share, ms. */
const FORGOTTEN_AFTER_MS = 10_000;
/** Over this a rate is kept, s: frames come in no even rhythm, and a board takes seconds to warm. */
const SAVED_S = 1;

interface Bucket {
  frames: number;
  askedMs: number;
}

/**
 * Shares frames per second among cameras: each has a token bucket filled with its part of the rate, and what a camera
 * does not use flows into a pool that the others may take from. So a slow camera gets all it asks for, fast ones share
 * the rest evenly (max-min fairness), and nothing of the rate is lost.
 */
export class FairShare {
  readonly #buckets = new Map<string, Bucket>();
  #spare = 0;
  #filledMs: number | undefined;
  #perSecond = Infinity;

  /** Frames per second over all cameras; Infinity: no limit. What was saved under the old rate is kept. */
  setRate(perSecond: number): void {
    this.#perSecond = perSecond;
  }

  /**
   * Takes one frame for a camera; false: not now. A frame that costs more than one is owed: its camera pays before it has the
   * next one, however small the rate is.
   *
   * @param cost what the frame counts as, ≥ 1
   */
  take(camera: string, nowMs: number, cost = 1): boolean {
    if (this.#perSecond === Infinity) return true;
    this.#fill(nowMs);
    const bucket = this.#bucketOf(camera, nowMs);
    if (bucket.frames >= 1) {
      bucket.frames -= cost;
      return true;
    }
    // a part of a frame of one's own and the rest from what others left
    if (bucket.frames + this.#spare < 1) return false;
    this.#spare -= 1 - bucket.frames;
    bucket.frames = 1 - cost;
    return true;
  }

  /** Takes one frame only from what every camera has left over. @param cost as in take() */
  takeSpare(nowMs: number, cost = 1): boolean {
    if (this.#perSecond === Infinity) return true;
    this.#fill(nowMs);
    if (this.#spare < 1) return false;
    this.#spare -= cost;
    return true;
  }

  #bucketOf(camera: string, nowMs: number): Bucket {
    let bucket = this.#buckets.get(camera);
    if (!bucket) {
      // the first of all begins at once; one that joins others waits for its part
      bucket = { frames: this.#buckets.size === 0 ? 1 : 0, askedMs: nowMs };
      this.#buckets.set(camera, bucket);
    }
    bucket.askedMs = nowMs;
    return bucket;
  }

  #fill(nowMs: number): void {
    const elapsedMs = nowMs - (this.#filledMs ?? nowMs);
    this.#filledMs = nowMs;
    for (const [camera, bucket] of this.#buckets) {
      if (nowMs - bucket.askedMs > FORGOTTEN_AFTER_MS) this.#buckets.delete(camera);
    }
    if (elapsedMs <= 0 || this.#perSecond === Infinity || this.#buckets.size === 0) return;
    const perSecond = this.#perSecond / this.#buckets.size;
    for (const bucket of this.#buckets.values()) {
      bucket.frames += (perSecond * elapsedMs) / 1000;
      const over = Math.max(0, bucket.frames - Math.max(1, perSecond * SAVED_S));
      bucket.frames -= over;
      this.#spare += over;
    }
    this.#spare = Math.min(this.#spare, Math.max(1, this.#perSecond * SAVED_S));
  }
}
