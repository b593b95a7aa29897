/**
 * How many frames the sequential test needs, and how often it errs: candidates of known quality against one model, over
 * seeds.
 *
 * Usage: npm run lab -- shadow-decisions [SEEDS [PARTS]]
 */
import { compareFrame } from '../../src/shadow/compare/compare';
import { Judge, type Decision } from '../../src/shadow/compare/judge';
import {
  CANDIDATES,
  CLASSES,
  detectionsOf,
  BETTER,
  PRIMARY,
  simulatedPart,
  type SimulatedModel,
} from './shadow-streams';

const [SEEDS = 50, PARTS = 1000] = process.argv.slice(2).map(Number);

interface Run {
  decision: Decision;
  frames: number;
  label: string | undefined;
}

/** What is alike or harmful ends the run; what differs is watched on, for it must never turn into a rejection. */
function run(candidate: SimulatedModel, seed: number, primary = PRIMARY): Run {
  const judge = new Judge({ classNames: CLASSES });
  let different: Run | undefined;
  for (let index = 0; index < PARTS; index++) {
    const part = simulatedPart(seed, index);
    const { decision, label, frames } = judge.compared(
      compareFrame(detectionsOf(primary, part), detectionsOf(candidate, part)),
    );
    if (decision === 'different') different ??= { decision, label, frames };
    else if (decision !== 'keep') return { decision, label, frames };
  }
  return different ?? { decision: 'keep', frames: PARTS, label: undefined };
}

const quantile = (sorted: number[], q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

console.log(
  `${SEEDS} seeds, at most ${PARTS} parts each, 20 % defective with 3 to 12 defects of ${CLASSES.length} classes`,
);
console.log('| candidate | alike | keep | different | harmful | class named | frames: median | p95 | max |');
console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
const pairs = Object.entries(CANDIDATES).map(([name, candidate]) => [name, { primary: PRIMARY, candidate }] as const);
for (const [name, { primary, candidate }] of [...pairs, ...Object.entries(BETTER)]) {
  const runs = Array.from({ length: SEEDS }, (_, seed) => run(candidate, seed + 1, primary));
  const count = (decision: Decision) => runs.filter((one) => one.decision === decision).length;
  const labels = new Map<string, number>();
  for (const { label } of runs) if (label !== undefined) labels.set(label, (labels.get(label) ?? 0) + 1);
  const named = [...labels].map(([label, times]) => `${label} ${times}`).join(', ') || '–';
  const frames = runs.map((one) => one.frames).sort((a, b) => a - b);
  const figures = [0.5, 0.95, 1].map((q) => quantile(frames, q)).join(' | ');
  console.log(
    `| ${name} | ${count('promote')} | ${count('keep')} | ${count('different')} | ${count('reject')} | ${named} | ${figures} |`,
  );
}

/** Candidates exactly at the limits, against a model that misses nothing: here the promised error rates must hold. */
const LIMIT_SEEDS = SEEDS * 10;
const PERFECT: SimulatedModel = { ...PRIMARY, miss: 0, falseAlarms: 0 };
const AT_LIMITS: [string, Decision, SimulatedModel][] = [
  ['every class missed in 2 % (acceptable)', 'different', { ...PERFECT, weights: 5, miss: 0.02 }],
  ['one class missed in 10 % (unacceptable)', 'promote', { ...PERFECT, weights: 6, missOf: { spur: 0.1 } }],
];
console.log(`\nAt the limits, ${LIMIT_SEEDS} seeds; at most 1 % is promised for each`);
console.log('| candidate | wrong decision | how often |\n| --- | --- | --- |');
for (const [name, wrong, candidate] of AT_LIMITS) {
  let count = 0;
  for (let seed = 1; seed <= LIMIT_SEEDS; seed++) if (run(candidate, seed, PERFECT).decision === wrong) count++;
  console.log(`| ${name} | ${wrong} | ${count} of ${LIMIT_SEEDS} |`);
}
