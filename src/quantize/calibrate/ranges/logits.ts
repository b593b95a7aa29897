import type { Range } from './range';

/** A class logit can reach at least this, a confidence of 98 %, whatever the calibration pictures held. */
export const LEAST_HIGHEST_LOGIT = 4;

/**
 * Ranges in which class logits have room for a sure answer. A scale on which the calibration pictures hold no object has
 * only negative logits; a range that ends there would cap every confidence of that scale at 50 %, for good.
 */
export function withRoomForSureAnswers(
  ranges: ReadonlyMap<string, Range>,
  logits: ReadonlySet<string>,
): Map<string, Range> {
  return new Map(
    [...ranges].map(([value, { min, max }]) => [
      value,
      { min, max: logits.has(value) ? Math.max(max, LEAST_HIGHEST_LOGIT) : max },
    ]),
  );
}
