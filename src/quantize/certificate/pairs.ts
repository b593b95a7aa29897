import type { Detection } from '../../contract/detection';
import { iou } from '../../kit/box';
import type { Truth } from '../../evaluate/map';
import type { ImageResult } from './run';

/** One thing on a picture, and how sure either model is of it; 0: it does not see it. */
export interface Pair {
  classId: number;
  float: number;
  int8: number;
}

/** What is compared on one picture. */
export interface ComparedImage {
  /** The things that must not be lost: what people labelled, or else what the float model reports. */
  references: Pair[];
  /** What the INT8 model reports, false alarms and what only it sees among it. */
  additions: Pair[];
}

/** Boxes that overlap at least this much are the same thing. */
const SAME_IOU = 0.5;

/**
 * Pairs up what both models say about a picture.
 *
 * @param threshold the confidence at which a station calls a thing of this class found
 */
export function compareImage(
  { truths, float, int8 }: Pick<ImageResult, 'truths'> & Record<'float' | 'int8', { detections: Detection[] }>,
  threshold: (classId: number) => number,
): ComparedImage {
  const reported = (detections: readonly Detection[]): Detection[] =>
    detections.filter(({ classId, confidence }) => confidence >= threshold(classId));
  const things: readonly Truth[] = truths ?? reported(float.detections);
  const byFloat = matches(things, float.detections);
  const byInt8 = matches(things, int8.detections);
  const references = things.map((thing, index) => ({
    classId: thing.classId,
    // what the float model reports is seen by it, even where two of its boxes overlap
    float: truths ? (byFloat[index]?.confidence ?? 0) : (thing as Detection).confidence,
    int8: byInt8[index]?.confidence ?? 0,
  }));
  const isThere = new Set(byInt8);
  const said = reported(int8.detections);
  const inFloat = matches(said, float.detections);
  const additions = said.map((detection, index) => {
    const { classId, confidence } = detection;
    // what people labelled is no false alarm, even where the float model is blind
    if (truths && isThere.has(detection)) return { classId, float: confidence, int8: confidence };
    return { classId, float: inFloat[index]?.confidence ?? 0, int8: confidence };
  });
  return { references, additions };
}

/** For each thing the detection of its class that is it; no detection serves twice, the best overlaps come first. */
export function matches(
  things: readonly Pick<Truth, 'classId' | 'box'>[],
  detections: readonly Detection[],
): (Detection | undefined)[] {
  const pairs = things.flatMap((thing, index) =>
    detections.flatMap((detection) => {
      if (detection.classId !== thing.classId) return [];
      const overlap = iou(thing.box, detection.box);
      return overlap >= SAME_IOU ? [{ index, detection, overlap }] : [];
    }),
  );
  pairs.sort((a, b) => b.overlap - a.overlap);
  const found = things.map((): Detection | undefined => undefined);
  const used = new Set<Detection>();
  for (const { index, detection } of pairs) {
    if (found[index] || used.has(detection)) continue;
    found[index] = detection;
    used.add(detection);
  }
  return found;
}

/** Which things are found at a confidence. @param detections any order */
export function foundReferences(
  things: readonly Pick<Truth, 'classId' | 'box'>[],
  detections: readonly Detection[],
  confidence: number,
): boolean[] {
  const sure = detections.filter((detection) => detection.confidence >= confidence);
  return matches(things, sure).map((found) => found !== undefined);
}
