import type { Detection } from '../contract/detection';
import type { EvaluatedImage } from './map';

/** Per unit of confidence: finer than the steps of an INT8 class score near the usual thresholds. */
const STEPS = 100;
/** With fewer good parts, a threshold per class is one picture's accident. */
export const MIN_GOOD_PARTS = 50;

/** No class is asked for less: below, findings are guesses. */
const LOWEST = 0.25;

/**
 * The least confidence per class at which no more than `share` of the good parts fail by this class. Choose it on parts
 * that nothing is reported on.
 *
 * @param images labelled pictures; those without a label are the good parts, the others do not count
 * @param share 0 … 1 of the good parts, per class
 * @returns by class name, in hundredths
 */
export function chooseThresholds(
  images: readonly EvaluatedImage[],
  classNames: readonly string[],
  share: number,
): Record<string, number> {
  const good = images.filter(({ truths }) => truths.length === 0).map(({ detections }) => detections);
  const allowed = Math.floor(share * good.length);
  return Object.fromEntries(classNames.map((name, classId) => [name, lowestWithin(good, classId, allowed)]));
}

function lowestWithin(good: readonly (readonly Detection[])[], classId: number, allowed: number): number {
  const worst = good
    .map((found) => Math.max(0, ...found.filter((each) => each.classId === classId).map((each) => each.confidence)))
    .sort((a, b) => b - a);
  // just above the first part that must not fail any more
  const limit = worst[allowed] ?? 0;
  return Math.max(LOWEST, Math.min(1, (Math.floor(limit * STEPS + 1e-9) + 1) / STEPS));
}
