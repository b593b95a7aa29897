/**
 * npm run lab -- certificate-errors [--trials 400]: how often the certificate's rule refuses a model that loses nothing, and how
 * often one that loses 1, 2, 5 or 20 points, by the number of things per class; the rule it replaced beside it.
 *
 * A float model's detections (logits of their confidence as yolov8n has them on COCO pictures: normal, mean 0.5, deviation 1.2,
 * at or above the threshold), seen by an INT8 model with rounding noise (deviation 0.3, shifted by −0.05) that loses each thing
 * of the classes in question with the given probability.
 */
import { parseArgs } from 'node:util';
import { Random } from '../../../src/kit/random';
import { classVerdicts } from '../../../src/quantize/certificate/class-verdicts';
import type { Pair } from '../../../src/quantize/certificate/pairs';
import { logit, rampAround } from '../../../src/quantize/certificate/ramp';

const THRESHOLD = 0.25;
const ALLOWED_POINTS = 2;
const LOSSES = [0, 1, 2, 5, 20];
const COUNTS = [1, 3, 10, 30, 100];

const { values: args } = parseArgs({ options: { trials: { type: 'string', default: '400' } } });
const trials = Number(args.trials);

const confidenceOf = (value: number): number => 1 / (1 + Math.exp(-value));

function thing(classId: number, loss: number, random: Random): Pair {
  let value: number;
  do value = 0.5 + 1.2 * random.normal();
  while (value < logit(THRESHOLD));
  const noisy = confidenceOf(value - 0.05 + 0.3 * random.normal());
  return { classId, float: confidenceOf(value), int8: random.chance(loss) ? 0 : noisy };
}

const ramp = rampAround(THRESHOLD);

/** Whether the rule of this certificate refuses. */
function refuses(pairs: readonly Pair[]): boolean {
  const verdicts = classVerdicts({
    references: pairs,
    additions: pairs.filter(({ int8 }) => int8 >= THRESHOLD),
    ramp: () => ramp,
    threshold: () => THRESHOLD,
    classNames: [],
    allowedLossPoints: ALLOWED_POINTS,
  });
  return [verdicts.all, ...verdicts.classes].some(({ outcome, adds }) => outcome === 'lost' || adds);
}

/**
 * The rule before: a thing is lost whose confidence falls below 0.8 of the threshold, and a class whose losses a model that
 * loses the allowance would show in fewer than 1 of 20 sets (one-sided exact binomial test).
 */
function refusedBefore(pairs: readonly Pair[]): boolean {
  const isLost = (count: number, lost: number): boolean =>
    lost / Math.max(1, count) > ALLOWED_POINTS / 100 && atLeastByChance(lost, count, ALLOWED_POINTS / 100) < 0.05;
  const lostOf = (some: readonly Pair[]): number => some.filter(({ int8 }) => int8 < 0.8 * THRESHOLD).length;
  const classes = new Set(pairs.map(({ classId }) => classId));
  const groups = [pairs, ...[...classes].map((classId) => pairs.filter((pair) => pair.classId === classId))];
  return groups.some((group) => isLost(group.length, lostOf(group)));
}

function atLeastByChance(lost: number, count: number, share: number): number {
  let below = 0;
  let logTerm = count * Math.log1p(-share);
  for (let k = 0; k < lost; k++) {
    below += Math.exp(logTerm);
    logTerm += Math.log((count - k) / (k + 1)) + Math.log(share) - Math.log1p(-share);
  }
  return lost <= 0 ? 1 : Math.max(0, 1 - below);
}

/** Shares of the trials that are refused, percent: now and before. */
function rates(counts: readonly number[], lossPoints: number, isIn: (classId: number) => boolean): [number, number] {
  const refused = [0, 0] as [number, number];
  for (let trial = 0; trial < trials; trial++) {
    const random = new Random('certificate-errors', trial, lossPoints, counts.join());
    const pairs = counts.flatMap((count, classId) =>
      Array.from({ length: count }, () => thing(classId, isIn(classId) ? lossPoints / 100 : 0, random)),
    );
    if (refuses(pairs)) refused[0]++;
    if (refusedBefore(pairs)) refused[1]++;
  }
  return refused.map((count) => (100 * count) / trials) as [number, number];
}

/** COCO's mix: a few classes with many things, most with a few; 266 things of 45 classes. */
const COCO_MIX = Array.from({ length: 45 }, (_, rank) => Math.max(1, Math.round(62 / (rank + 1))));

const cell = ([now, before]: [number, number]): string =>
  `${now.toFixed(1).padStart(5)} (${before.toFixed(1)})`.padEnd(14);

function table(title: string, rows: [string, readonly number[]][], isIn: (classId: number) => boolean): void {
  process.stdout.write(
    `\n${title}\n| ${'things'.padEnd(24)} | ${LOSSES.map((loss) => `${loss} points`.padEnd(14)).join(' | ')} |\n`,
  );
  process.stdout.write(`|${' --- |'.repeat(LOSSES.length + 1)}\n`);
  for (const [label, counts] of rows) {
    process.stdout.write(
      `| ${label.padEnd(24)} | ${LOSSES.map((loss) => cell(rates(counts, loss, isIn))).join(' | ')} |\n`,
    );
  }
}

const same = (classes: number, count: number): number[] => new Array<number>(classes).fill(count);
process.stdout.write(`refused of ${trials} certificates, % (the rule before)\n`);
table(
  'one class',
  COUNTS.map((count) => [`${count}`, same(1, count)]),
  () => true,
);
table(
  'six classes, one of them loses',
  COUNTS.map((count) => [`6 × ${count}`, same(6, count)]),
  (id) => id === 0,
);
table(
  'six classes, all lose',
  COUNTS.map((count) => [`6 × ${count}`, same(6, count)]),
  () => true,
);
table(
  'many classes, all lose',
  [
    ['45 classes as in COCO', COCO_MIX],
    ['80 × 3', same(80, 3)],
    ['20 × 30', same(20, 30)],
  ],
  () => true,
);
