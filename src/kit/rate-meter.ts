/** Memory of a rate, ms: long enough for one frame a second, short enough to follow a change of the line. */
const MEMORY_MS = 10_000;

/** Events per second of late: a count that fades away. */
export class RateMeter {
  #count = 0;
  #atMs = -Infinity;
  #sinceMs: number | undefined;

  add(nowMs: number, events = 1): void {
    this.#sinceMs ??= nowMs;
    this.#fade(nowMs);
    this.#count += events;
  }

  perSecond(nowMs: number): number {
    if (this.#sinceMs === undefined) return 0;
    this.#fade(nowMs);
    // right after the start there is less time to divide by than the memory is long
    const agedMs = MEMORY_MS * (1 - Math.exp(-Math.max(nowMs - this.#sinceMs, 500) / MEMORY_MS));
    return (this.#count / agedMs) * 1000;
  }

  #fade(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    this.#count *= Math.exp((this.#atMs - nowMs) / MEMORY_MS);
    this.#atMs = nowMs;
  }
}
