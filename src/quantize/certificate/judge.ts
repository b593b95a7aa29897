import type { ClassRecall } from '../../contract/certificate';

export type { ClassRecall };

/** A loss counts as real when chance alone would show it in fewer than 1 of 20 sets of pictures. */
const SIGNIFICANCE = 0.05;

/**
 * Judges a class. With four scratches on the pictures one of them slipping under the threshold is 25 points, yet no
 * evidence: the class fails only if a model that loses exactly the allowance would lose that many less than once in 20
 * (one-sided exact binomial test). With no allowance every loss is real.
 *
 * @param allowedPoints points of recall, 0 … 100
 */
export function judgeClass(
  counts: Pick<ClassRecall, 'classId' | 'label' | 'references' | 'foundFloat' | 'foundInt8'>,
  allowedPoints: number,
): ClassRecall {
  const lost = counts.foundFloat - counts.foundInt8;
  const lossPoints = counts.references === 0 ? 0 : (100 * lost) / counts.references;
  const verdict =
    lossPoints <= allowedPoints
      ? 'ok'
      : atLeastByChance(lost, counts.references, allowedPoints / 100) < SIGNIFICANCE
        ? 'lost'
        : 'few';
  return { ...counts, lossPoints, verdict };
}

/** Probability of at least `lost` of `count` independent cases of probability `share` each. */
export function atLeastByChance(lost: number, count: number, share: number): number {
  if (lost <= 0) return 1;
  if (share <= 0) return 0;
  if (share >= 1) return 1;
  let below = 0;
  // logarithms: the terms of a thousand cases underflow
  let logTerm = count * Math.log1p(-share);
  for (let k = 0; k < lost; k++) {
    below += Math.exp(logTerm);
    logTerm += Math.log((count - k) / (k + 1)) + Math.log(share) - Math.log1p(-share);
  }
  return Math.max(0, 1 - below);
}
