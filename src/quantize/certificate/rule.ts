import type { ClassVerdict } from '../../contract/certificate';
import { Random } from '../../kit/random';
import { upperBound } from './bounds';
import type { Pair } from './pairs';
import { logit, type Ramp } from './ramp';

/** What the rule says of some things, and why: see ClassVerdict. */
export type Judged = Pick<ClassVerdict, 'outcome' | 'lossPoints' | 'atMostPoints' | 'chance' | 'moreNeeded'>;

/** The name of this rule in certificates; another rule gets another name. */
export const RULE = 'paired-ramp-1';

/** With fewer things than this a class is never called kept. */
export const LEAST_FOR_KEPT = 20;

/** What may be lost at most where a class is called kept, points of 100, and how sure that has to be. */
export const KEPT_POINTS = 10;
const KEPT_CONFIDENCE = 0.95;

/** One or two things at the edge of a picture are no evidence, however few there are. */
const LEAST_LOST = 2;
/** The same where nothing at all may be lost. */
const LEAST_LOST_OF_NONE = 0.5;

/**
 * Significance: all things together; a class with enough things; and all the smaller classes together, which share one.
 * A class with a little loss within the allowance is far from these: the error rates that they give are simulated by
 * `npm run lab -- certificate-errors`.
 */
export const SIGNIFICANCE = { all: 0.05, class: 0.025, smallClasses: 0.05 } as const;

/** Draws of the Monte Carlo; p-values are known to ± 0.003 at 0.025. */
const DRAWS = 4000;

/** So many draws that seem to lose as much settle it: of 4,000 they are more than any significance (Besag, Clifford 1991). */
const ENOUGH = 250;

/** Logit noise beyond this is damage, not rounding: it must not make the null hypothesis tolerant. */
const MOST_NOISE = 1;

/**
 * What INT8 rounding does to the logit of a confidence, from all things that both models see: differences around their
 * median, in both directions alike, so that neither a loss nor a gain of the model under judgement is taken for noise.
 */
export function noiseOf(pairs: readonly Pair[], ramp: (classId: number) => Ramp): number[] {
  const differences = pairs.flatMap(({ classId, float, int8 }) => {
    const { low } = ramp(classId);
    return float >= low && int8 >= low ? [logit(int8) - logit(float)] : [];
  });
  if (differences.length === 0) return [0];
  const sorted = differences.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!;
  return differences.flatMap((difference) => {
    const noise = Math.min(MOST_NOISE, Math.abs(difference - median));
    return [noise, -noise];
  });
}

/** Below which chance a class is refused: see SIGNIFICANCE. @param counts things of every class that was seen */
export function significanceOf(count: number, counts: readonly number[]): number {
  if (count >= LEAST_FOR_KEPT) return SIGNIFICANCE.class;
  const small = counts.filter((other) => other > 0 && other < LEAST_FOR_KEPT).length;
  return SIGNIFICANCE.smallClasses / Math.max(1, small);
}

/**
 * Judges the things of a class, or all of them. The null hypothesis: INT8 is the float model with rounding noise on its
 * logits, and loses each thing altogether with exactly the allowed probability. What such a model would seem to lose of the
 * very things at hand is drawn 4,000 times.
 *
 * @param pairs `float` is what should be kept; for things that INT8 adds give them the other way round
 * @param allowedPoints points of 100
 * @param significance refuse below this chance
 */
export function judgePairs(
  pairs: readonly Pair[],
  ramp: (classId: number) => Ramp,
  noise: readonly number[],
  allowedPoints: number,
  significance: number,
): Judged {
  const count = pairs.length;
  if (count === 0)
    return { outcome: 'unknown', lossPoints: 0, atMostPoints: 100, chance: 1, moreNeeded: LEAST_FOR_KEPT };
  const ramps = pairs.map(({ classId }) => ramp(classId));
  const before = pairs.map(({ float }, index) => ramps[index]!.seen(float));
  const lost = pairs.reduce((sum, { int8 }, index) => sum + before[index]! - ramps[index]!.seen(int8), 0);
  const chance = chanceOf(lost, pairs, ramps, before, noise, allowedPoints / 100);
  const atMost = upperBound(Math.max(0, lost), count, 1 - KEPT_CONFIDENCE);
  const base = { lossPoints: (100 * lost) / count, atMostPoints: 100 * atMost, chance };
  const least = allowedPoints > 0 ? LEAST_LOST : LEAST_LOST_OF_NONE;
  if (lost >= least && chance < significance) {
    return { outcome: 'lost', ...base };
  }
  if (count >= LEAST_FOR_KEPT && base.atMostPoints <= Math.max(KEPT_POINTS, allowedPoints))
    return { outcome: 'kept', ...base };
  const more = moreNeeded(lost, count);
  return { outcome: 'unknown', ...base, ...(more !== undefined && { moreNeeded: more }) };
}

function chanceOf(
  lost: number,
  pairs: readonly Pair[],
  ramps: readonly Ramp[],
  before: readonly number[],
  noise: readonly number[],
  allowed: number,
): number {
  if (lost <= 0) return 1;
  const random = new Random('certificate', pairs.length, Math.round(lost * 1e6));
  const logits = pairs.map(({ float }) => logit(float));
  let asMuch = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    let sum = 0;
    for (let index = 0; index < pairs.length; index++) {
      if (random.next() < allowed) {
        sum += before[index]!;
        continue;
      }
      const noisy = logits[index]! + noise[Math.floor(random.next() * noise.length)]!;
      sum += before[index]! - ramps[index]!.seenAtLogit(noisy);
    }
    if (sum >= lost - 1e-9 && ++asMuch === ENOUGH) return asMuch / (draw + 1);
  }
  return (asMuch + 1) / (DRAWS + 1);
}

/** Things that would have to be looked at beside these, with as little loss as so far, until the class is called kept. */
function moreNeeded(lost: number, count: number): number | undefined {
  const share = Math.max(0, lost) / count;
  const isEnough = (total: number): boolean =>
    total >= LEAST_FOR_KEPT && 100 * upperBound(share * total, total, 1 - KEPT_CONFIDENCE) <= KEPT_POINTS;
  const most = 10_000;
  if (!isEnough(most)) return undefined;
  let [low, high] = [count, most];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high - count;
}
