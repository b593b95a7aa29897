/** Numbers that go on counting where a node of the same id left off, however often the flow is deployed. */
export class Sequences {
  readonly #next = new Map<string, number>();

  /** The next number of a node, from 0; it is used up then. */
  next(node: string): number {
    const number = this.peek(node);
    this.#next.set(node, number + 1);
    return number;
  }

  /** The same without using it up. */
  peek(node: string): number {
    return this.#next.get(node) ?? 0;
  }

  /** Goes on from a number that somebody else counted to. */
  goOn(node: string, next: number): void {
    this.#next.set(node, next);
  }
}
