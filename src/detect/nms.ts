import type { Detection } from '../contract/detection';
import { iou } from '../kit/box';

export interface NmsOptions {
  /** Boxes of one class that overlap by more than this are the same thing; 0 … 1. */
  iou: number;
  /** At most this many survivors, by confidence. */
  maxDetections: number;
  /** Only boxes of the same class suppress each other (a spur beside a short stays). */
  classAware: boolean;
}

/** 0.45 and 300 are the defaults of the YOLOv8 exporter's own NMS. */
export const NMS_DEFAULTS: Readonly<NmsOptions> = { iou: 0.45, maxDetections: 300, classAware: true };

/**
 * The order of every list of detections, and the tie rule of NMS: higher confidence first; among equals the lower class
 * id, then the upper, then the left box, so that the result never depends on the order in which candidates came.
 */
export function compareDetections(a: Detection, b: Detection): number {
  return (
    b.confidence - a.confidence ||
    a.classId - b.classId ||
    a.box.y - b.box.y ||
    a.box.x - b.box.x ||
    a.box.height - b.box.height ||
    a.box.width - b.box.width
  );
}

/**
 * Greedy non-maximum suppression. The input is not changed; the result is sorted by compareDetections.
 */
export function nms(candidates: readonly Detection[], options: Partial<NmsOptions> = {}): Detection[] {
  const { iou: threshold, maxDetections, classAware } = { ...NMS_DEFAULTS, ...options };
  const kept: Detection[] = [];
  for (const candidate of [...candidates].sort(compareDetections)) {
    if (kept.length >= maxDetections) break;
    const suppressed = kept.some(
      (better) => (!classAware || better.classId === candidate.classId) && iou(better.box, candidate.box) > threshold,
    );
    if (!suppressed) kept.push(candidate);
  }
  return kept;
}
