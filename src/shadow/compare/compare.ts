import type { Detection } from '../../contract/detection';
import { iou } from '../../kit/box';
import type { ClassLimit, PairLimits } from './limits';

export interface CompareOptions {
  /** Two boxes of one class that overlap by at least this are the same thing; 0 … 1. 0.5: the customary mAP50 bound. */
  iou: number;
  /** What counts as a detection on both sides, and so as a FAIL; 0 … 1. */
  confidence: number;
  /**
   * A detection of one model that the other has too, but up to this far below the threshold, is no disagreement: two good
   * models differ that much. 0 … 1.
   */
  margin: number;
  /** Where the classes, or the two models, have thresholds of their own: they stand in for `confidence`. */
  limits?: PairLimits;
}

/** A margin of 0.05 is a choice, on the side of counting: 0 makes every step over the threshold a disagreement. */
export const COMPARE_DEFAULTS: Readonly<CompareOptions> = { iou: 0.5, confidence: 0.25, margin: 0.05 };

/** One thing both models saw. */
export interface MatchedPair {
  primary: Detection;
  candidate: Detection;
  iou: number;
  /** Candidate minus primary, −1 … 1. */
  confidenceShift: number;
}

export type VerdictFlip = 'none' | 'PASS to FAIL' | 'FAIL to PASS';

export interface FrameComparison {
  matched: MatchedPair[];
  /** Seen by the primary alone. */
  missed: Detection[];
  /** Seen by the candidate alone. */
  extra: Detection[];
  flip: VerdictFlip;
  /** Whether anything was missed or extra. A flip without either is a matter of the threshold alone. */
  disagrees: boolean;
}

interface Overlap {
  p: number;
  c: number;
  iou: number;
}

/** Every pair of one class that overlaps enough, the best first; ties keep the order of confidence. */
function overlaps(primary: Detection[], candidate: Detection[], minimum: number): Overlap[] {
  const found: Overlap[] = [];
  for (const [p, left] of primary.entries()) {
    for (const [c, right] of candidate.entries()) {
      if (left.label !== right.label) continue;
      const overlap = iou(left.box, right.box);
      if (overlap >= minimum && overlap > 0) found.push({ p, c, iou: overlap });
    }
  }
  return found.sort((a, b) => b.iou - a.iou || a.p - b.p || a.c - b.c);
}

/**
 * Compares what two models saw in one frame, after NMS. Detections are matched one to one within a class, the best
 * overlap first, so that no detection answers for two.
 */
export function compareFrame(
  primary: readonly Detection[],
  candidate: readonly Detection[],
  options: Partial<CompareOptions> = {},
): FrameComparison {
  const { iou: minimum, confidence, margin, limits } = { ...COMPARE_DEFAULTS, ...options };
  const { primary: mineFrom, candidate: theirsFrom } = limits ?? {
    primary: () => confidence,
    candidate: () => confidence,
  };
  const atLeast = (list: readonly Detection[], limit: ClassLimit, above: number) =>
    list.filter((one) => one.confidence >= limit(one.label) + above);
  const mine = atLeast(primary, mineFrom, 0);
  const theirs = atLeast(candidate, theirsFrom, -margin);
  const takenMine = new Set<number>();
  const takenTheirs = new Set<number>();
  const matched: MatchedPair[] = [];
  for (const { p, c, iou: overlap } of overlaps(mine, theirs, minimum)) {
    if (takenMine.has(p) || takenTheirs.has(c)) continue;
    takenMine.add(p);
    takenTheirs.add(c);
    const [left, right] = [mine[p] as Detection, theirs[c] as Detection];
    const confidenceShift = right.confidence - left.confidence;
    matched.push({ primary: left, candidate: right, iou: overlap, confidenceShift });
  }
  const missed = mine.filter((_, index) => !takenMine.has(index));
  const unmatched = theirs.filter((_, index) => !takenTheirs.has(index));
  const extra = atLeast(unmatched, theirsFrom, margin);
  const flip = flipOf(mine.length, atLeast(theirs, theirsFrom, 0).length);
  return { matched, missed, extra, flip, disagrees: missed.length + extra.length > 0 };
}

/** A part fails when at least one defect is seen on it. */
function flipOf(primaryCount: number, candidateCount: number): VerdictFlip {
  if (primaryCount === 0 && candidateCount > 0) return 'PASS to FAIL';
  return primaryCount > 0 && candidateCount === 0 ? 'FAIL to PASS' : 'none';
}
