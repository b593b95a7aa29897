import { entropyRange } from './entropy';
import { Histogram } from './histogram';
import type { Range } from './range';
import { TailCounts } from './tail-counts';

export const METHODS = ['tail', 'minmax', 'mean', 'percentile', 'entropy'] as const;
export type Method = (typeof METHODS)[number];

/** Share of the numbers that `percentile` keeps inside the range. */
export const PERCENTILE = 99.99;

/** Share of the numbers of a picture that `tail` gives up at either end. */
export const TAIL = 1e-5;

/** Gathers what one value looks like over the calibration images from the smallest and largest number of each. */
export interface ExtremesCollector {
  add(image: Range): void;
  range(): Range;
}

/** The same from all numbers. */
export interface NumbersCollector {
  /** @param image every number of one image; not kept */
  add(image: Float32Array): void;
  range(): Range;
  /** Smallest and largest number: for values of which nothing may be clipped. */
  extremes(): Range;
}

/** How ranges are chosen: from the extremes of each image (the runtime finds them), or from all numbers. */
export type RangeMethod =
  { reads: 'extremes'; collector(): ExtremesCollector } | { reads: 'numbers'; collector(): NumbersCollector };

/** The smallest and largest number ever seen: nothing is clipped, one outlier makes all steps coarse. */
export const minmax = {
  reads: 'extremes',
  collector(): ExtremesCollector {
    const all: Range = { min: Infinity, max: -Infinity };
    return {
      add: (image) => widen(all, image),
      range: () => finite(all),
    };
  },
} as const satisfies RangeMethod;

/** The table of methods, in the words of the command line. */
export const RANGE_METHODS: Record<Method, RangeMethod> = {
  minmax,

  /**
   * All numbers of a picture but 1 in 100,000 at either end, and of that the widest over the pictures. What is rare on the line
   * is rare in the numbers of all pictures together too (a defect in one of 30 would be the tail that is cut off), but not in
   * those of the one picture that shows it; and its outliers are still left out.
   */
  tail: {
    reads: 'numbers',
    collector() {
      const kept = { min: Infinity, max: -Infinity };
      const all = { min: Infinity, max: -Infinity };
      return {
        add(image) {
          scratch.clear();
          scratch.add(image);
          widen(kept, scratch.withoutTails({ low: TAIL, high: TAIL }));
          widen(all, scratch.withoutTails({ low: 0, high: 0 }));
        },
        range: () => finite(kept),
        extremes: () => finite(all),
      };
    },
  },

  /** The mean over images of each image's extremes: one odd image counts as one image. */
  mean: {
    reads: 'extremes',
    collector() {
      let images = 0;
      let min = 0;
      let max = 0;
      return {
        add(image) {
          images++;
          min += image.min;
          max += image.max;
        },
        range: () => finite({ min: min / images, max: max / images }),
      };
    },
  },

  /** The middle 99.99 % of all numbers. */
  percentile: fromHistogram((histogram) => histogram.withoutTails((1 - PERCENTILE / 100) / 2)),

  /** The range that loses least information. */
  entropy: fromHistogram(entropyRange),
};

function fromHistogram(rangeOf: (histogram: Histogram) => Range): RangeMethod {
  return {
    reads: 'numbers',
    collector() {
      const histogram = new Histogram();
      return {
        add: (image) => histogram.add(image),
        range: () => rangeOf(histogram),
        extremes: () => histogram.withoutTails(0),
      };
    },
  };
}

/** One for all values: a picture's numbers are counted, read and forgotten. */
const scratch = new TailCounts();

function widen(range: Range, { min, max }: Range): void {
  range.min = Math.min(range.min, min);
  range.max = Math.max(range.max, max);
}

/** A value that was never finite has no range: it becomes constant zero. */
function finite({ min, max }: Range): Range {
  return Number.isFinite(min) && Number.isFinite(max) ? { min, max } : { min: 0, max: 0 };
}
