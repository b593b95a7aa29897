import { basename } from 'node:path';
import { meanAveragePrecision, type Truth } from '../../evaluate/map';
import type { Certificate, ClassRecall, ModelFigures } from '../../contract/certificate';
import { judgeClass } from './judge';
import { foundReferences } from './compare';
import type { ImageResult } from './run';

export type { Certificate, ModelFigures };

/**
 * With agreement the INT8 model may be this much less sure of a thing than the threshold and still count as seeing it: at
 * the threshold itself 0.251 and 0.249 are no difference. (With labels losses and gains at the threshold cancel out.)
 */
export const AGREEMENT_TOLERANCE = 0.8;

/** Worst pictures that are listed. */
const WORST = 4;

export interface CertifyInput {
  results: ImageResult[];
  classNames: readonly string[];
  confidence: number;
  allowedLossPoints: number;
  arithmetic: Certificate['arithmetic'];
  float: Pick<ModelFigures, 'sha256' | 'sizeBytes'>;
  int8: Pick<ModelFigures, 'sha256' | 'sizeBytes'>;
}

export function certify(input: CertifyInput): Certificate {
  const { results, confidence, allowedLossPoints } = input;
  const basis = results.some(({ truths }) => truths !== undefined) ? 'labels' : 'agreement';
  const perImage = results.map((result) => compareImage(result, confidence));
  const classes = classRecalls(perImage, input);
  const all = judgeClass(sumOf(classes), allowedLossPoints);
  const lost = [...classes, all].filter(({ verdict }) => verdict === 'lost');
  const certificate: Certificate = {
    passed: lost.length === 0 && all.references > 0,
    verdict: verdictOf(lost, all, allowedLossPoints, basis),
    basis,
    images: results.length,
    confidence,
    allowedLossPoints,
    arithmetic: input.arithmetic,
    float: figuresOf('float', input),
    int8: figuresOf('int8', input),
    all,
    classes,
    worst: perImage
      .map(({ file, lost, added }) => ({ file, lost, added }))
      .filter(({ lost, added }) => lost + added > 0)
      .sort((a, b) => b.lost + b.added - (a.lost + a.added) || (a.file < b.file ? -1 : 1))
      .slice(0, WORST),
  };
  return certificate;
}

interface ImageComparison {
  file: string;
  references: readonly Truth[];
  foundFloat: boolean[];
  foundInt8: boolean[];
  /** Of the float model's detections, how many the INT8 model does not have; and the other way round. */
  lost: number;
  added: number;
}

function compareImage(result: ImageResult, confidence: number): ImageComparison {
  const { float, int8, truths, path } = result;
  const floatSeen = float.detections.filter((detection) => detection.confidence >= confidence);
  const int8Seen = int8.detections.filter((detection) => detection.confidence >= confidence);
  const tolerant = confidence * AGREEMENT_TOLERANCE;
  const kept = foundReferences(floatSeen, int8.detections, tolerant);
  const references = truths ?? floatSeen;
  return {
    file: basename(path),
    references,
    foundFloat: truths ? foundReferences(truths, float.detections, confidence) : floatSeen.map(() => true),
    foundInt8: truths ? foundReferences(truths, int8.detections, confidence) : kept,
    lost: kept.filter((found) => !found).length,
    added: foundReferences(int8Seen, float.detections, tolerant).filter((found) => !found).length,
  };
}

function classRecalls(images: ImageComparison[], { classNames, allowedLossPoints }: CertifyInput): ClassRecall[] {
  const counts = new Map<number, Omit<ClassRecall, 'lossPoints' | 'verdict'>>();
  for (const { references, foundFloat, foundInt8 } of images) {
    references.forEach(({ classId }, index) => {
      const label = classNames[classId] ?? `class ${classId}`;
      const count = counts.get(classId) ?? { classId, label, references: 0, foundFloat: 0, foundInt8: 0 };
      count.references++;
      if (foundFloat[index]) count.foundFloat++;
      if (foundInt8[index]) count.foundInt8++;
      counts.set(classId, count);
    });
  }
  return [...counts.values()]
    .sort((a, b) => a.classId - b.classId)
    .map((count) => judgeClass(count, allowedLossPoints));
}

function sumOf(classes: readonly ClassRecall[]): Omit<ClassRecall, 'lossPoints' | 'verdict'> {
  const sum = (key: 'references' | 'foundFloat' | 'foundInt8'): number =>
    classes.reduce((total, each) => total + each[key], 0);
  return {
    classId: -1,
    label: 'all classes',
    references: sum('references'),
    foundFloat: sum('foundFloat'),
    foundInt8: sum('foundInt8'),
  };
}

function verdictOf(
  lost: readonly ClassRecall[],
  all: ClassRecall,
  allowed: number,
  basis: Certificate['basis'],
): string {
  const what = basis === 'labels' ? 'labelled things' : 'things the float model reports';
  if (all.references === 0) {
    return 'Expected pictures that show something to compare but neither labels nor the float model name anything on the held-out pictures';
  }
  if (lost.length === 0) {
    return `No class loses more than ${allowed} points of recall beyond chance: ${all.foundInt8} of ${all.references} ${what} found, ${all.foundFloat} by the float model`;
  }
  const list = lost
    .map(({ label, foundInt8, foundFloat, references, lossPoints }) => {
      return `${label} loses ${lossPoints.toFixed(1)} (${foundInt8} instead of ${foundFloat} of ${references} found)`;
    })
    .join(', ');
  return `Expected at most ${allowed} points of recall lost per class but ${list}`;
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
