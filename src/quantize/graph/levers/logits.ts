import type { Range } from '../../calibrate/ranges/range';

/** A class logit can reach at least this, a confidence of 98 %, whatever the calibration pictures held. */
export const LEAST_HIGHEST_LOGIT = 4;

/**
 * Ranges in which class logits have room for a sure answer. A scale on which the calibration pictures hold no object has
 * only negative logits; a range that ends there would cap every confidence of that scale at 50 %, for good.
 */
export function widenLogits(ranges: ReadonlyMap<string, Range>, logits: ReadonlySet<string>): Map<string, Range> {
  return new Map(
    [...ranges].map(([value, { min, max }]) => [
      value,
      { min, max: logits.has(value) ? Math.max(max, LEAST_HIGHEST_LOGIT) : max },
    ]),
  );
}

/** A class logit below this is a confidence of 0.01 %: less than any threshold, less than what mAP is measured with. */
export const LOGIT_CUT = -9;

/**
 * Ranges in which class logits end at −9. Background reaches −20 and below; the steps spent there would be missing where
 * confidences are told apart (0.16 per step instead of 0.06: 62, 66, 69, 73 % and nothing between).
 */
export function cutLogits(ranges: ReadonlyMap<string, Range>, logits: ReadonlySet<string>): Map<string, Range> {
  return new Map(
    [...ranges].map(([value, { min, max }]) => [
      value,
      { min: logits.has(value) ? Math.max(min, LOGIT_CUT) : min, max },
    ]),
  );
}
