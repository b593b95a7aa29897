export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

/**
 * The smallest of the values that at least this share of them does not exceed (nearest rank: always one of the values);
 * undefined for no values.
 *
 * @param share 0 … 1
 */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[rank(share, sorted.length)];
}

/** The percentiles that reports show, nearest rank; zeros for no values. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[rank(share, sorted.length)] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

/** Index in the sorted values. */
function rank(share: number, count: number): number {
  return Math.max(0, Math.ceil(share * count) - 1);
}
