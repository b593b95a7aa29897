import { entropyRange } from './entropy';
import { Histogram } from './histogram';
import type { Range } from './range';

export const METHODS = ['minmax', 'mean', 'percentile', 'entropy'] as const;
export type Method = (typeof METHODS)[number];

/** Share of the numbers that `percentile` keeps inside the range. */
export const PERCENTILE = 99.99;

/** Gathers what one value looks like over the calibration images. */
export interface ExtremesCollector {
  add(image: Range): void;
  range(): Range;
}

/** How ranges are chosen: from the extremes of each image (cheap: the runtime finds them), or from histograms. */
export type RangeMethod =
  { reads: 'extremes'; collector(): ExtremesCollector } | { reads: 'histogram'; range(histogram: Histogram): Range };

/** The smallest and largest number ever seen: nothing is clipped, one outlier makes all steps coarse. */
export const minmax = {
  reads: 'extremes',
  collector(): ExtremesCollector {
    const all: Range = { min: Infinity, max: -Infinity };
    return {
      add(image) {
        all.min = Math.min(all.min, image.min);
        all.max = Math.max(all.max, image.max);
      },
      range: () => finite(all),
    };
  },
} as const satisfies RangeMethod;

/** The table of methods, in the words of the command line. */
export const RANGE_METHODS: Record<Method, RangeMethod> = {
  minmax,

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
  percentile: { reads: 'histogram', range: (histogram) => histogram.withoutTails((1 - PERCENTILE / 100) / 2) },

  /** The range that loses least information. */
  entropy: { reads: 'histogram', range: entropyRange },
};

/** A value that was never finite has no range: it becomes constant zero. */
function finite({ min, max }: Range): Range {
  return Number.isFinite(min) && Number.isFinite(max) ? { min, max } : { min: 0, max: 0 };
}
