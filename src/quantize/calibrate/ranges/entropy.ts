import type { Histogram } from './histogram';
import type { Range } from './range';

/** Steps of an 8-bit number. */
const LEVELS = 256;
/** How many ends are tried on each side. */
const CANDIDATES = 48;
/** No more of either end is given up than half of it. */
const LARGEST_CUT = 0.5;

/**
 * The range whose 256 steps lose least information: smallest Kullback–Leibler divergence between the numbers seen and the
 * same numbers quantized (Migacz, "8-bit Inference with TensorRT", 2017), for asymmetric ranges: the upper end is moved
 * first, then the lower one. Numbers beyond the ends count as the end itself.
 */
export function entropyRange(histogram: Histogram): Range {
  const bins = histogram.counts.length;
  if (histogram.total === 0 || bins <= LEVELS) return { min: histogram.min, max: histogram.max };
  const zero = Math.min(bins, Math.max(0, -histogram.firstBin));
  const high = best(bins, zero, (end) => divergence(histogram.counts, 0, end));
  const low = best(0, zero, (start) => divergence(histogram.counts, start, high));
  return {
    min: Math.max(histogram.min, (histogram.firstBin + low) * histogram.width),
    max: Math.min(histogram.max, (histogram.firstBin + high) * histogram.width),
  };
}

/** The bin between `outer` and half of the way to `zero` with the smallest cost; the outermost of equals. */
function best(outer: number, zero: number, cost: (bin: number) => number): number {
  let chosen = outer;
  let least = cost(outer);
  for (let i = 1; i <= CANDIDATES; i++) {
    const bin = Math.round(outer + (zero - outer) * LARGEST_CUT * (i / CANDIDATES));
    const found = cost(bin);
    if (found < least) [chosen, least] = [bin, found];
  }
  return chosen;
}

/** Divergence of the counts from their 256-step version, in bins [from, to). */
function divergence(counts: Float64Array, from: number, to: number): number {
  const length = to - from;
  if (length < LEVELS) return Infinity;
  let total = 0;
  for (const count of counts) total += count;
  let below = 0;
  for (let bin = 0; bin < from; bin++) below += counts[bin]!;
  let above = 0;
  for (let bin = to; bin < counts.length; bin++) above += counts[bin]!;

  let kept = 0;
  let sum = 0;
  for (let level = 0; level < LEVELS; level++) {
    const start = from + Math.floor((level * length) / LEVELS);
    const end = from + Math.floor(((level + 1) * length) / LEVELS);
    let inside = 0;
    let filled = 0;
    for (let bin = start; bin < end; bin++) {
      inside += counts[bin]!;
      if (counts[bin]! > 0) filled++;
    }
    kept += inside;
    for (let bin = start; bin < end; bin++) {
      let p = counts[bin]!;
      if (bin === from) p += below;
      if (bin === to - 1) p += above;
      if (p === 0) continue;
      // a bin that only got clipped numbers has no counterpart: a small count keeps the logarithm finite
      const q = counts[bin]! > 0 ? inside / filled : 1e-3;
      sum += (p / total) * Math.log(p / q);
    }
  }
  // both sides as probabilities: the quantized one only has what was not clipped
  return sum + Math.log(kept / total);
}
