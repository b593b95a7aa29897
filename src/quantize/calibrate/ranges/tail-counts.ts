import type { Range } from './range';

/** One bin per upper half of a float32: sign, exponent and 7 bits of the mantissa (a bfloat16). */
const BINS = 1 << 16;
/** Bins from here on (and with the sign: from SIGN + INFINITE on) are infinities and NaN. */
const INFINITE = 0x7f80;
const SIGN = 0x8000;

/**
 * Counts a stream of numbers by their upper half: the whole distribution in one pass and 256 kB, with every border known to
 * 1/128 of its size however large it turns out. Nothing is merged or resized, so the result does not depend on the order.
 */
export class TailCounts {
  readonly #counts = new Uint32Array(BINS);
  #total = 0;
  // the outermost bins end where their numbers do: a score must not seem to reach 1.004
  #min = Infinity;
  #max = -Infinity;

  /** Counts numbers; infinities and NaN are left out of the range. */
  add(values: Float32Array): void {
    // a view, not a copy: all processors that the runtime is built for are little-endian, the upper half comes second
    const halves = new Uint16Array(values.buffer, values.byteOffset, values.length * 2);
    const counts = this.#counts;
    let [min, max] = [this.#min, this.#max];
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      if (value < min && value > -Infinity) min = value;
      if (value > max && value < Infinity) max = value;
      counts[halves[2 * at + 1]!]!++;
    }
    [this.#min, this.#max] = [min, max];
    this.#total += values.length;
  }

  /** Forgets everything. */
  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    [this.#min, this.#max] = [Infinity, -Infinity];
  }

  /** The range that leaves out at most `share` (0 … 1) of the numbers at either end; { 0, 0 } when there were none. */
  withoutTails(share: { low: number; high: number }): Range {
    const lowest = this.#border(share.low, true);
    const highest = this.#border(share.high, false);
    if (lowest > highest) return { min: 0, max: 0 };
    return { min: Math.max(lowest, this.#min), max: Math.min(highest, this.#max) };
  }

  /** Walks from one end until more than the share is left behind; the outer edge of the bin it stops in. */
  #border(share: number, fromBelow: boolean): number {
    const drop = this.#total * share;
    const far = fromBelow ? SIGN : 0;
    let seen = 0;
    for (let magnitude = INFINITE - 1; magnitude >= 0; magnitude--) {
      seen += this.#counts[far + magnitude]!;
      if (seen > drop) return fromBelow ? -edge(magnitude + 1) : edge(magnitude + 1);
    }
    // all on the other side of zero: the edge that is nearer to zero
    const near = SIGN - far;
    for (let magnitude = 0; magnitude < INFINITE; magnitude++) {
      seen += this.#counts[near + magnitude]!;
      if (seen > drop) return fromBelow ? edge(magnitude) : -edge(magnitude);
    }
    return fromBelow ? Infinity : -Infinity;
  }
}

const word = new Uint32Array(1);
const asFloat = new Float32Array(word.buffer);

/** The number whose upper half is `half` and whose lower half is zero. */
function edge(half: number): number {
  word[0] = half * 0x10000;
  return half >= INFINITE ? 3.4e38 : asFloat[0]!;
}
