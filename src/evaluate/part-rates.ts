import type { Detection } from '../contract/detection';
import { iou } from '../kit/box';
import type { EvaluatedImage } from './map';

/** What a line would do at a confidence: a part fails as soon as one finding reaches it. Counts, not shares. */
export interface PartRates {
  /** 0 … 1; undefined: the thresholds per class that the rates were asked for with. */
  confidence?: number;
  /** Parts with a labelled defect: failed, and looked at. */
  defectiveFailed: number;
  defective: number;
  /** Parts without one: failed, and looked at. */
  goodFailed: number;
  good: number;
  /** Labelled defects that a finding of their class overlaps by half (IoU 0.5), and all of them. */
  found: number;
  defects: number;
}

/** Least confidence of a finding of a class to fail a part. */
export type Limit = (classId: number) => number;

/** 0.05 … 0.95: what a person chooses between. */
export const PART_CONFIDENCES: readonly number[] = Array.from({ length: 19 }, (_, step) => (5 + 5 * step) / 100);

const SAME_PLACE_IOU = 0.5;

function reach(detections: readonly Detection[], limit: Limit): Detection[] {
  return detections.filter(({ classId, confidence }) => confidence >= limit(classId));
}

/**
 * How many parts would fail.
 *
 * @param labelled pictures with their labels; one without a label counts as a good part
 * @param good findings on further pictures of good parts
 */
export function ratesAt(
  labelled: readonly EvaluatedImage[],
  good: readonly (readonly Detection[])[],
  limit: Limit,
): Omit<PartRates, 'confidence'> {
  const rates = { defectiveFailed: 0, defective: 0, goodFailed: 0, good: 0, found: 0, defects: 0 };
  for (const { detections, truths } of [...labelled, ...good.map((found) => ({ detections: found, truths: [] }))]) {
    const counting = reach(detections, limit);
    const kind = truths.length > 0 ? 'defective' : 'good';
    rates[kind]++;
    if (counting.length > 0) rates[`${kind}Failed`]++;
    rates.defects += truths.length;
    rates.found += truths.filter((truth) =>
      counting.some(({ classId, box }) => classId === truth.classId && iou(box, truth.box) >= SAME_PLACE_IOU),
    ).length;
  }
  return rates;
}

/** The rates at each of PART_CONFIDENCES. */
export function partRates(
  labelled: readonly EvaluatedImage[],
  good: readonly (readonly Detection[])[],
): (PartRates & { confidence: number })[] {
  return PART_CONFIDENCES.map((confidence) => ({ confidence, ...ratesAt(labelled, good, () => confidence) }));
}
