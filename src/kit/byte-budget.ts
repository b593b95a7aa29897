/**
 * Memory that several pieces of work share: each says how much it is going to use and waits, in the order of coming, until that
 * much is free. One that wants more than all of it gets all.
 */
export class ByteBudget {
  readonly #totalBytes: number;
  #freeBytes: number;
  readonly #waiting: { bytes: number; begin: () => void }[] = [];

  constructor(totalBytes: number) {
    this.#totalBytes = totalBytes;
    this.#freeBytes = totalBytes;
  }

  /** Bytes that nobody uses. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** Runs work as soon as there are `wantedBytes` for it; they are free again when it ends, however it ends. */
  async use<T>(wantedBytes: number, work: () => Promise<T>): Promise<T> {
    // what needs nothing waits for nobody
    if (wantedBytes <= 0) return work();
    const bytes = Math.min(wantedBytes, this.#totalBytes);
    // nobody overtakes: else many small ones would keep a large one waiting for ever
    if (this.#waiting.length === 0 && bytes <= this.#freeBytes) this.#freeBytes -= bytes;
    else await new Promise<void>((begin) => this.#waiting.push({ bytes, begin }));
    try {
      return await work();
    } finally {
      this.#freeBytes += bytes;
      this.#letIn();
    }
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next && next.bytes <= this.#freeBytes; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#freeBytes -= next.bytes;
      next.begin();
    }
  }
}
