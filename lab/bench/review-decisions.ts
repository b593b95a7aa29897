/**
 * What people's answers decide, and how many it takes: candidates that are better, equal, worse and mixed, with answers of which
 * 5 % are wrong and 5 % 'cannot tell', over seeds; beside what likeness alone says of the same frames.
 *
 * Usage: npm run lab -- review-decisions [SEEDS [PARTS [CANDIDATE]]]
 */
import { compareFrame } from '../../src/shadow/compare/compare';
import { Judge, type Decision } from '../../src/shadow/compare/judge';
import { Random } from '../../src/kit/random';
import { decideByPeople, type Outcome, type PeopleDecision } from '../../src/shadow/decision/decide';
import { truthOfPair } from '../../src/shadow/decision/truth-counts';
import { addTallies, NO_TALLY } from '../../src/shadow/review/entries';
import type { Answer, Card, Model } from '../../src/shadow/review/card';
import { answersOfFinder, answersWanted } from '../../src/shadow/review/queue';
import { REVIEW_DEFAULTS } from '../../src/shadow/review/review-store';
import { iou } from '../../src/kit/box';
import type { Detection } from '../../src/contract/detection';
import { CLASSES, detectionsOf, simulatedPart, type SimulatedModel, type SimulatedPart } from './shadow-streams';

const [SEEDS = 50, PARTS = 4000] = process.argv.slice(2, 4).map(Number);
const [, , , , ONLY] = process.argv;
const WRONG = 0.05;
const CANNOT_TELL = 0.05;
/** Fewer defects on a defective part than where likeness is measured: disputes are rare, as on a real line. */
const DEFECTS: [number, number] = [1, 5];

interface Scenario {
  name: string;
  primary: SimulatedModel;
  candidate: SimulatedModel;
}

const USED: SimulatedModel = { name: 'in use', weights: 1, miss: 0.05, falseAlarms: 0.005 };
const OTHER: SimulatedModel = { ...USED, name: 'candidate', weights: 11 };

const SCENARIOS: Scenario[] = [
  { name: 'finds 10 points more', primary: { ...USED, miss: 0.12 }, candidate: { ...OTHER, miss: 0.02 } },
  {
    name: 'false alarms on 10 points fewer parts, equal recall',
    primary: { ...USED, falseAlarms: 0.12 },
    candidate: { ...OTHER, falseAlarms: 0.02 },
  },
  { name: 'equal, errs elsewhere', primary: USED, candidate: OTHER },
  { name: 'finds 5 points less', primary: USED, candidate: { ...OTHER, miss: 0.1 } },
  { name: 'false alarms on 5 points more parts', primary: USED, candidate: { ...OTHER, falseAlarms: 0.07 } },
  {
    name: 'spur 30 points better, short 30 points worse',
    primary: { ...USED, missOf: { spur: 0.35 } },
    candidate: { ...OTHER, missOf: { short: 0.35 } },
  },
];

/** Answers as a person does: nearly always right. */
function oracle(part: SimulatedPart, finding: Pick<Detection, 'label' | 'box'>, by: string, random: Random): Answer {
  const real = part.truth.some(({ label, box }) => label === finding.label && iou(box, finding.box) >= 0.5);
  const luck = random.next();
  const verdict = luck < CANNOT_TELL ? 'cannot tell' : luck < CANNOT_TELL + WRONG !== real ? 'defect' : 'no defect';
  return { verdict, by, at: '', way: 'message' };
}

interface Run {
  outcome: Outcome;
  frames: number;
  answers: number;
  decision: PeopleDecision;
  likeness: Decision;
}

const MODELS = { primary: 'a', candidate: 'b' };
/** Without a new answer a decision changes slowly: it is looked at every so many frames. */
const LOOK_FRAMES = 10;

function run({ primary, candidate }: Scenario, seed: number): Run {
  const judge = new Judge({ classNames: CLASSES });
  const random = new Random('oracle', seed);
  const cards = new Map<string, Card>();
  const tallies = new Map([['a/b', NO_TALLY]]);
  let likeness: Decision = 'keep';
  let decision: PeopleDecision = { outcome: 'open', better: [], worse: [], unproven: [] };
  for (let index = 0; index < PARTS; index++) {
    const part = simulatedPart(seed, index, DEFECTS);
    const [mine, theirs] = [detectionsOf(primary, part), detectionsOf(candidate, part)];
    if (likeness === 'keep') likeness = judge.compared(compareFrame(mine, theirs)).decision;
    const { missed, extra } = compareFrame(mine, theirs, { margin: 0 });
    const count = (list: Detection[]) =>
      Object.fromEntries(CLASSES.map((label) => [label, list.filter((one) => one.label === label).length]));
    const more = { frames: 1, found: count(mine), missed: count(missed), extra: count(extra), bothPassed: 0 };
    tallies.set('a/b', addTallies(tallies.get('a/b') ?? NO_TALLY, more));
    const found = [
      ...missed.map((one) => [one, 'primary'] as const),
      ...extra.map((one) => [one, 'candidate'] as const),
    ];
    for (const [finding, foundBy] of found) addCard(cards, part, finding, foundBy, random);
    if (found.length === 0 && index % LOOK_FRAMES > 0) continue;
    decision = decideByPeople(truthOfPair({ cards, tallies }, MODELS, CLASSES));
    // what is mixed waits for a person, who may well take time: it is watched on
    if (decision.outcome !== 'open' && decision.outcome !== 'mixed') {
      return { outcome: decision.outcome, frames: index + 1, answers: answersTo(cards), decision, likeness };
    }
  }
  return { outcome: decision.outcome, frames: PARTS, answers: answersTo(cards), decision, likeness };
}

function addCard(
  cards: Map<string, Card>,
  part: SimulatedPart,
  { label, box }: Detection,
  foundBy: Model,
  random: Random,
) {
  const id = `${part.id} ${cards.size}`;
  const whole = { crop: null, picture: null, cropArea: null, width: 640, height: 640, repeats: 0, lineFindings: 0 };
  const seen = { primary: [], candidate: [] };
  const about = { kind: 'disputed' as const, frameId: part.id, camera: 'line', time: '', models: MODELS, line: null };
  const card: Card = { id, ...about, ...whole, box, label, foundBy, seen, answers: [] };
  cards.set(id, card);
  // as the queue asks, one person after the other; the share that is drawn by lot is only for the agreement
  do card.answers.push(oracle(part, { label, box }, `person ${card.answers.length}`, random));
  while (card.answers.length < answersWanted(card, REVIEW_DEFAULTS.secondShare, answersOfFinder(cards.values())));
}

const answersTo = (cards: Map<string, Card>) =>
  [...cards.values()].reduce((sum, { answers }) => sum + answers.length, 0);

const median = (numbers: number[]) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted.length === 0 ? '–' : `${sorted[Math.floor(sorted.length / 2)]} (${sorted.at(-1)})`;
};

const OUTCOMES: Outcome[] = ['better', 'not worse', 'worse', 'mixed', 'open'];
console.log(
  `${SEEDS} seeds, at most ${PARTS} parts, 20 % defective with 1 to 5 defects of ${CLASSES.length} classes; answers: ${100 * WRONG} % wrong, ${100 * CANNOT_TELL} % 'cannot tell'`,
);
console.log(
  `| candidate | ${OUTCOMES.join(' | ')} | promoted | answers: median (most) | frames: median (most) | likeness alone |`,
);
console.log(`| --- |${' --- |'.repeat(OUTCOMES.length + 4)}`);
for (const scenario of SCENARIOS.filter(({ name }) => ONLY === undefined || name === ONLY)) {
  const runs = Array.from({ length: SEEDS }, (_, seed) => run(scenario, seed + 1));
  const counts = OUTCOMES.map((outcome) => runs.filter((one) => one.outcome === outcome).length);
  const promoted = (counts[0] ?? 0) + (counts[1] ?? 0);
  const likeness = (['promote', 'different', 'reject', 'keep'] as const)
    .map((word) => [word, runs.filter((one) => one.likeness === word).length] as const)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
  const figures = [median(runs.map(({ answers }) => answers)), median(runs.map(({ frames }) => frames))].join(' | ');
  console.log(`| ${scenario.name} | ${counts.join(' | ')} | ${promoted} of ${SEEDS} | ${figures} | ${likeness} |`);
  const named = (what: 'better' | 'worse') =>
    runs.filter(({ decision }) => decision[what].some(({ label }) => label !== undefined)).length;
  const within = runs.filter(
    ({ outcome, answers }) => (outcome === 'better' || outcome === 'not worse') && answers <= 60,
  );
  console.log(
    `|  – promoted with at most 60 answers: ${within.length}; a class named better in ${named('better')}, worse in ${named('worse')} |`,
  );
}
