import type { Detection } from '../../contract/detection';
import { iou } from '../../kit/box';
import type { Truth } from '../../evaluate/map';

/** Boxes that overlap at least this much are the same thing. */
const SAME_IOU = 0.5;

/**
 * Which references are found: each takes the detection of its class that overlaps it most, and no detection serves twice.
 *
 * @param detections any order; only those at or above `confidence` count
 */
export function foundReferences(
  references: readonly Truth[],
  detections: readonly Detection[],
  confidence: number,
): boolean[] {
  const pairs = references.flatMap((reference, index) =>
    detections.flatMap((detection) => {
      if (detection.classId !== reference.classId || detection.confidence < confidence) return [];
      const overlap = iou(reference.box, detection.box);
      return overlap >= SAME_IOU ? [{ index, detection, overlap }] : [];
    }),
  );
  pairs.sort((a, b) => b.overlap - a.overlap);
  const found = references.map(() => false);
  const used = new Set<Detection>();
  for (const { index, detection } of pairs) {
    if (found[index] || used.has(detection)) continue;
    found[index] = true;
    used.add(detection);
  }
  return found;
}
