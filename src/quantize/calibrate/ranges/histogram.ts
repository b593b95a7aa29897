import type { Range } from './range';

/** More bins than this and the width doubles: at least half as many stay, enough for 99.99 % of a range. */
const MAX_BINS = 4096;

/**
 * Counts of a stream of numbers in bins of equal width, in bounded memory and one pass. The width is a power of two and
 * bins are counted from zero, so that a range that turns out larger merges bins in pairs exactly: the result does not
 * depend on the order of the images.
 */
export class Histogram {
  min = Infinity;
  max = -Infinity;
  /** Real numbers per bin; 0 before the first number. */
  width = 0;
  /** Index of the first bin: it starts at firstBin × width. */
  firstBin = 0;
  counts = new Float64Array(0);
  total = 0;

  /** Counts numbers; infinities and NaN are left out. */
  add(values: Float32Array): void {
    let min = this.min;
    let max = this.max;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min && value > -Infinity) min = value;
      if (value > max && value < Infinity) max = value;
    }
    if (!(max >= min)) return;
    this.#coverRange(min, max);
    const { counts, firstBin } = this;
    const perUnit = 1 / this.width;
    let counted = 0;
    for (let i = 0; i < values.length; i++) {
      const bin = Math.floor(values[i]! * perUnit) - firstBin;
      if (bin >= 0 && bin < counts.length) {
        counts[bin]!++;
        counted++;
      }
    }
    this.total += counted;
  }

  #coverRange(min: number, max: number): void {
    if (this.width > 0 && min === this.min && max === this.max) return;
    this.min = min;
    this.max = max;
    let width = this.width || 2 ** Math.ceil(Math.log2(Math.max(max - min, 1e-12) / (MAX_BINS / 2)));
    while (Math.floor(max / width) - Math.floor(min / width) + 1 > MAX_BINS) width *= 2;
    const first = Math.floor(min / width);
    const merged = new Float64Array(Math.floor(max / width) - first + 1);
    const ratio = this.width / width;
    this.counts.forEach((count, index) => {
      if (count > 0) merged[Math.floor((this.firstBin + index) * ratio) - first]! += count;
    });
    this.width = width;
    this.firstBin = first;
    this.counts = merged;
  }

  /** The range that leaves out `tail` (0 … 1) of the numbers at either end, to the nearest bin; never beyond min and max. */
  withoutTails(tail: number): Range {
    if (this.total === 0) return { min: 0, max: 0 };
    const drop = this.total * tail;
    let low = 0;
    for (let seen = this.counts[0]!; seen <= drop && low < this.counts.length - 1; seen += this.counts[low]!) low++;
    let high = this.counts.length - 1;
    for (let seen = this.counts[high]!; seen <= drop && high > low; seen += this.counts[high]!) high--;
    return {
      min: Math.max(this.min, (this.firstBin + low) * this.width),
      max: Math.min(this.max, (this.firstBin + high + 1) * this.width),
    };
  }
}
