import { basename } from 'node:path';
import { meanAveragePrecision } from '../../evaluate/map';
import type { Certificate, ModelFigures } from '../../contract/certificate';
import { classVerdicts } from './class-verdicts';
import { compareImage, type ComparedImage, type Pair } from './pairs';
import { rampAround, type Ramp } from './ramp';
import { RULE } from './rule';
import type { ImageResult } from './run';
import { squeezeOf } from './squeeze';
import { verdictOf } from './verdict';

export type { Certificate, ModelFigures };

/** Worst pictures that are listed. */
const WORST = 4;

export interface CertifyInput {
  results: ImageResult[];
  classNames: readonly string[];
  confidence: number;
  /** By label; a class that is not in it has `confidence`. */
  classConfidence?: Readonly<Record<string, number>> | undefined;
  allowedLossPoints: number;
  arithmetic: Certificate['arithmetic'];
  float: Pick<ModelFigures, 'sha256' | 'sizeBytes'>;
  int8: Pick<ModelFigures, 'sha256' | 'sizeBytes'>;
}

/** The lowest confidence that plays a part in the certificate: detections below it need not be kept. */
export function lowestConfidence({
  confidence,
  classConfidence = {},
}: Pick<CertifyInput, 'confidence' | 'classConfidence'>): number {
  return rampAround(Math.min(confidence, ...Object.values(classConfidence))).low;
}

/** Judges the INT8 model by what both models said about the same pictures. */
export function certify(input: CertifyInput): Certificate {
  const { results, confidence, classConfidence, allowedLossPoints, classNames } = input;
  const basis = results.some(({ truths }) => truths !== undefined) ? 'labels' : 'agreement';
  const threshold = (classId: number): number => classConfidence?.[classNames[classId] ?? ''] ?? confidence;
  const ramps = new Map<number, Ramp>();
  const ramp = (classId: number): Ramp => {
    const known = ramps.get(classId) ?? rampAround(threshold(classId));
    ramps.set(classId, known);
    return known;
  };
  const images = results.map((result) => compareImage(result, threshold));
  const references = images.flatMap((image) => image.references);
  const additions = images.flatMap((image) => image.additions);
  const { all, classes } = classVerdicts({ references, additions, ramp, threshold, classNames, allowedLossPoints });
  const squeeze = squeezeOf(references);
  const judged = { all, classes, squeeze, basis, allowedLossPoints } as const;
  const found = (pair: Pair, which: 'float' | 'int8'): boolean => pair[which] >= threshold(pair.classId);
  return {
    ...verdictOf(judged),
    rule: RULE,
    basis,
    images: results.length,
    confidence,
    ...(classConfidence && { classConfidence: { ...classConfidence } }),
    allowedLossPoints,
    arithmetic: input.arithmetic,
    float: figuresOf('float', input),
    int8: figuresOf('int8', input),
    all,
    classes,
    squeeze,
    flips: {
      lost: references.filter((pair) => found(pair, 'float') && !found(pair, 'int8')).length,
      gained: references.filter((pair) => !found(pair, 'float') && found(pair, 'int8')).length,
      added: additions.filter((pair) => !found(pair, 'float')).length,
    },
    worst: worstOf(results, images, ramp),
  };
}

/** Things that count as lost or added on a picture: more than half of the ramp. */
function worstOf(
  results: readonly ImageResult[],
  images: readonly ComparedImage[],
  ramp: (classId: number) => Ramp,
): Certificate['worst'] {
  const drop = ({ classId, float, int8 }: Pair): number => ramp(classId).seen(float) - ramp(classId).seen(int8);
  return images
    .map(({ references, additions }, index) => ({
      file: basename(results[index]!.path),
      lost: references.filter((pair) => drop(pair) > 0.5).length,
      added: additions.filter((pair) => drop(pair) < -0.5).length,
    }))
    .filter(({ lost, added }) => lost + added > 0)
    .sort((a, b) => b.lost + b.added - (a.lost + a.added) || (a.file < b.file ? -1 : 1))
    .slice(0, WORST);
}

function figuresOf(which: 'float' | 'int8', input: CertifyInput): ModelFigures {
  const times = input.results.map((result) => result[which].inferMs).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  const labelled = input.results.filter(({ truths }) => truths !== undefined);
  const figures: ModelFigures = { ...input[which], latencyMs: { p50: at(0.5), p90: at(0.9) } };
  if (labelled.length === 0) return figures;
  const { map50, map5095 } = meanAveragePrecision(
    labelled.map((result) => ({ detections: result[which].forMap, truths: result.truths! })),
    input.classNames,
  );
  return { ...figures, map50, map5095 };
}
