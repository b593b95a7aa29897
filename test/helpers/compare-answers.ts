import type { Detection } from '../../src/contract/detection';
import { iou } from '../../src/kit/box';

/** What one list of detections says that another does not. */
export interface Comparison {
  /** Pairs of one class that overlap most. */
  pairs: { a: Detection; b: Detection; iou: number; confidenceDifference: number }[];
  onlyA: Detection[];
  onlyB: Detection[];
}

/**
 * Pairs the detections of two answers to one picture: same class, largest overlap first, each once, none below `leastIou`.
 */
export function compareAnswers(a: readonly Detection[], b: readonly Detection[], leastIou = 0.5): Comparison {
  const candidates = a
    .flatMap((one) => b.map((other) => ({ a: one, b: other, iou: iou(one.box, other.box) })))
    .filter((pair) => pair.a.classId === pair.b.classId && pair.iou >= leastIou)
    .sort((first, second) => second.iou - first.iou);
  const taken = new Set<Detection>();
  const pairs: Comparison['pairs'] = [];
  for (const pair of candidates) {
    if (taken.has(pair.a) || taken.has(pair.b)) continue;
    taken.add(pair.a).add(pair.b);
    pairs.push({ ...pair, confidenceDifference: pair.b.confidence - pair.a.confidence });
  }
  return {
    pairs,
    onlyA: a.filter((detection) => !taken.has(detection)),
    onlyB: b.filter((detection) => !taken.has(detection)),
  };
}

/** A detection in a sentence of a failed test. */
export function named({ label, confidence, box }: Detection): string {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((value) => value.toFixed(1));
  return `${label} ${confidence.toFixed(3)} at ${x},${y} ${width}×${height}`;
}
