import type { Box, Detection } from '../contract/detection';
import { iou } from '../kit/box';

/** IoU 0.5, 0.55 … 0.95, as COCO averages over. */
export const IOU_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, step) => (50 + 5 * step) / 100);

/** Precision is read at recall 0, 0.01 … 1. */
const RECALL_POINTS = 101;

export interface Truth {
  classId: number;
  /** Pixels, in the same picture as the detections' boxes. */
  box: Box;
}

/** One image of the evaluation: what was seen, and what is there. */
export interface EvaluatedImage {
  /** After NMS; any order. */
  detections: readonly Detection[];
  truths: readonly Truth[];
}

export interface ClassScore {
  classId: number;
  label: string;
  /** True boxes of this class. */
  truths: number;
  /** Average precision at IoU 0.5, and its mean over IOU_THRESHOLDS; 0 … 1. */
  map50: number;
  map5095: number;
}

export interface MeanAveragePrecision {
  /** Means over the classes that have true boxes; 0 … 1. */
  map50: number;
  map5095: number;
  /** Classes with true boxes, by class id. */
  perClass: ClassScore[];
}

/**
 * Mean average precision as COCO defines it (101-point interpolation, IoU 0.5 … 0.95, all sizes; no crowd regions). Only
 * the cap on detections per image is left to the caller: it is NMS's maxDetections.
 *
 * @param classNames by class id
 */
export function meanAveragePrecision(
  images: readonly EvaluatedImage[],
  classNames: readonly string[],
): MeanAveragePrecision {
  const classIds = new Set(images.flatMap(({ truths }) => truths.map(({ classId }) => classId)));
  const perClass = [...classIds]
    .sort((a, b) => a - b)
    .map((classId) => scoreClass(images, classId, classNames[classId] ?? `class ${classId}`));
  return {
    map50: mean(perClass.map(({ map50 }) => map50)),
    map5095: mean(perClass.map(({ map5095 }) => map5095)),
    perClass,
  };
}

function scoreClass(images: readonly EvaluatedImage[], classId: number, label: string): ClassScore {
  const matches: Match[] = [];
  let truths = 0;
  for (const image of images) {
    const boxes = image.truths.filter((truth) => truth.classId === classId).map(({ box }) => box);
    const detections = image.detections
      .filter((detection) => detection.classId === classId)
      .sort((a, b) => b.confidence - a.confidence);
    truths += boxes.length;
    matches.push(...matchImage(detections, boxes));
  }
  matches.sort((a, b) => b.confidence - a.confidence);
  const precisions = IOU_THRESHOLDS.map((_, level) =>
    averagePrecision(
      matches.map(({ isTrue }) => isTrue[level] as boolean),
      truths,
    ),
  );
  return { classId, label, truths, map50: precisions[0] as number, map5095: mean(precisions) };
}

interface Match {
  confidence: number;
  /** Per IoU threshold: whether the detection found a true box that no better detection had found. */
  isTrue: boolean[];
}

/**
 * Each detection takes the free true box that it overlaps most, if it overlaps it enough.
 *
 * @param detections by falling confidence
 */
function matchImage(detections: readonly Detection[], truths: readonly Box[]): Match[] {
  const taken = IOU_THRESHOLDS.map(() => new Set<number>());
  return detections.map(({ box, confidence }) => {
    const overlaps = truths.map((truth) => iou(box, truth));
    const isTrue = taken.map((used, level) => {
      let bestOverlap = IOU_THRESHOLDS[level] as number;
      let best: number | undefined;
      for (const [index, overlap] of overlaps.entries()) {
        // ≥: of equal overlaps the last one is taken, as pycocotools does
        if (used.has(index) || overlap < bestOverlap) continue;
        best = index;
        bestOverlap = overlap;
      }
      if (best !== undefined) used.add(best);
      return best !== undefined;
    });
    return { confidence, isTrue };
  });
}

/**
 * Area under the precision-recall curve at 101 recall points, where precision at a recall is the best reached at that
 * recall or beyond.
 *
 * @param hits detections by falling confidence: right or wrong
 * @param truths number of true boxes, > 0
 */
export function averagePrecision(hits: readonly boolean[], truths: number): number {
  let found = 0;
  const curve = hits.map((hit, index) => {
    if (hit) found += 1;
    return { recall: found / truths, precision: found / (index + 1) };
  });
  let bestBeyond = 0;
  for (const point of curve.toReversed()) point.precision = bestBeyond = Math.max(bestBeyond, point.precision);
  let sum = 0;
  let at = 0;
  for (let step = 0; step < RECALL_POINTS; step++) {
    const recall = step / (RECALL_POINTS - 1);
    while (at < curve.length && (curve[at] as { recall: number }).recall < recall) at++;
    sum += curve[at]?.precision ?? 0;
  }
  return sum / RECALL_POINTS;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
