/** A share with its confidence interval, 0 … 1; the whole range while there is nothing to go by. */
export interface Share {
  count: number;
  of: number;
  /** count / of; undefined when of is 0. */
  share: number | undefined;
  low: number;
  high: number;
}

/** Two-sided 95 % quantile of the normal distribution. */
export const Z_95 = 1.959964;

/**
 * A share with its Wilson score interval, which keeps its coverage for shares near 0 and 1 and for few observations
 * (Wilson 1927, JASA 22; recommended by Brown, Cai and DasGupta 2001, Statistical Science 16).
 */
export function wilson(count: number, of: number, z = Z_95): Share {
  if (of === 0) return { count, of, share: undefined, low: 0, high: 1 };
  const share = count / of;
  const spread = z * z;
  const centre = (share + spread / (2 * of)) / (1 + spread / of);
  const half = (z / (1 + spread / of)) * Math.sqrt((share * (1 - share)) / of + spread / (4 * of * of));
  return { count, of, share, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/** Probability of at least `count` of `of` at a rate; the sum of the binomial terms, on the log scale. */
function atLeast(count: number, of: number, rate: number): number {
  if (count <= 0) return 1;
  if (rate <= 0) return 0;
  if (rate >= 1) return 1;
  let logChoose = 0;
  let sum = 0;
  for (let k = 0; k <= of; k++) {
    if (k > 0) logChoose += Math.log((of - k + 1) / k);
    if (k >= count) sum += Math.exp(logChoose + k * Math.log(rate) + (of - k) * Math.log1p(-rate));
  }
  return Math.min(1, sum);
}

/** Where a rising function of a rate passes a value, by halving. */
function rateAt(value: number, rising: (rate: number) => number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (rising(middle) < value) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * A share with its exact interval, which never covers less than it says, also for 0 of many (Clopper and Pearson 1934,
 * Biometrika 26): the rates at which so many, or so few, would be seen with half of `error`.
 *
 * @param error chance that the rate lies outside, 0 … 1
 */
export function clopperPearson(count: number, of: number, error = 0.05): Share {
  if (of === 0) return { count, of, share: undefined, low: 0, high: 1 };
  const low = count === 0 ? 0 : rateAt(error / 2, (rate) => atLeast(count, of, rate));
  const high = count === of ? 1 : rateAt(1 - error / 2, (rate) => atLeast(count + 1, of, rate));
  return { count, of, share: count / of, low, high };
}

/**
 * Interval of the difference b − a of two independent shares: Newcombe's hybrid score method (Newcombe 1998, Statistics
 * in Medicine 17, method 10). −1 … 1 while one of them has no observations.
 */
export function difference(a: Share, b: Share): { low: number; high: number } {
  if (a.share === undefined || b.share === undefined) return { low: -1, high: 1 };
  const shift = b.share - a.share;
  return {
    low: shift - Math.hypot(b.share - b.low, a.high - a.share),
    high: shift + Math.hypot(b.high - b.share, a.share - a.low),
  };
}

/** Mean with its normal 95 % interval, from sums; for box overlaps and confidence shifts. */
export interface MeanEstimate {
  of: number;
  mean: number | undefined;
  low: number | undefined;
  high: number | undefined;
}

export function meanOf(of: number, sum: number, sumOfSquares: number): MeanEstimate {
  if (of === 0) return { of, mean: undefined, low: undefined, high: undefined };
  const mean = sum / of;
  const variance = of > 1 ? Math.max(0, (sumOfSquares - of * mean * mean) / (of - 1)) : 0;
  const half = Z_95 * Math.sqrt(variance / of);
  return { of, mean, low: mean - half, high: mean + half };
}
