import { createHash } from 'node:crypto';
import { iou } from '../../kit/box';
import { settledOf, type Card, type CardState, type Model } from './card';

/** 0 … 1, the same for a text in every process. */
export function drawOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * How much an answer to a card tells, for the order of the questions: the classes about which least is known come first (the
 * error of a share falls with the square root of the answers). Within a class the order is drawn by lot.
 *
 * It must not depend on the model that found it, its confidence or the verdict: then the judged findings would be no fair
 * sample of the disputed ones, and the weights of active testing would have to be taken out again (Kossen et al. 2021, Active
 * Testing, arXiv:2103.05331).
 */
export function weightOf(
  { id, label }: Pick<Card, 'id' | 'label'>,
  settledOfClass: ReadonlyMap<string, number>,
): number {
  return (0.5 + drawOf(id)) / Math.sqrt(1 + (settledOfClass.get(label ?? '') ?? 0));
}

/** How the findings of one model alone were answered so far. */
export type AnswersOfFinder = Record<Model, { defect: number; noDefect: number }>;

export function answersOfFinder(cards: Iterable<Card>): AnswersOfFinder {
  const counts = { primary: { defect: 0, noDefect: 0 }, candidate: { defect: 0, noDefect: 0 } };
  for (const { foundBy, answers } of cards) {
    if (foundBy === null) continue;
    for (const { verdict } of answers) {
      if (verdict === 'defect') counts[foundBy].defect++;
      if (verdict === 'no defect') counts[foundBy].noDefect++;
    }
  }
  return counts;
}

/**
 * Whether an answer is the rarer of the two for findings of this kind. Somebody else is asked then: where nearly all is a false
 * alarm, the few wrong answers among them would outnumber the defects that are really there.
 */
function isSurprising({ foundBy, answers }: Pick<Card, 'foundBy' | 'answers'>, counts: AnswersOfFinder): boolean {
  const verdict = answers[0]?.verdict;
  if (foundBy === null || (verdict !== 'defect' && verdict !== 'no defect')) return false;
  const { defect, noDefect } = counts[foundBy];
  return verdict === 'defect' ? defect < noDefect : noDefect < defect;
}

/**
 * How many answers a card is to have: one; two of a share drawn by lot, for the agreement, and of those with a surprising first
 * answer; three where two disagree.
 */
export function answersWanted(
  card: Pick<Card, 'id' | 'foundBy' | 'answers'>,
  secondShare: number,
  counts: AnswersOfFinder,
): number {
  const said = card.answers.filter(({ verdict }) => verdict !== 'cannot tell');
  if (said.length >= 2 && settledOf(card) === undefined) return card.answers.length + (said.length < 3 ? 1 : 0);
  return drawOf(`second ${card.id}`) < secondShare || isSurprising(card, counts) ? 2 : 1;
}

export function stateOfCard(
  card: Pick<Card, 'id' | 'foundBy' | 'answers'>,
  secondShare: number,
  counts: AnswersOfFinder,
): CardState {
  if (card.answers.length === 0) return 'open';
  return card.answers.length < answersWanted(card, secondShare, counts) ? 'second' : 'done';
}

/**
 * The card to ask this reviewer about: unanswered ones by weight, audits in between at their share of what is open, then those
 * that want a second answer from somebody else.
 */
export function nextCard(
  cards: Iterable<Card>,
  reviewer: string,
  options: {
    stateOf: (card: Card) => CardState;
    settledOfClass: ReadonlyMap<string, number>;
    isTaken: (id: string) => boolean;
  },
): Card | undefined {
  let best: Card | undefined;
  let bestRank = -Infinity;
  for (const card of cards) {
    const state = options.stateOf(card);
    if (state === 'done' || options.isTaken(card.id) || card.answers.some(({ by }) => by === reviewer)) continue;
    // (a weight is above 0 and at most 1.5)
    const rank = weightOf(card, options.settledOfClass) + (state === 'open' ? 10 : 0);
    if (rank > bestRank) [best, bestRank] = [card, rank];
  }
  return best;
}

/** Two boxes of one class that overlap by this, of one camera and within the window, are the same defect. */
const SAME_IOU = 0.5;

/** The finding of a frame as far as sameness goes. */
export type Sighting = Pick<Card, 'camera' | 'label' | 'box' | 'foundBy' | 'partId' | 'frameId'>;

/**
 * Whether two sightings are of one defect: class, place and finder are the same, and so is the part where it is known; where it
 * is not, the second came within the window after the first was last seen.
 */
export function isSameDefect(a: Sighting, b: Sighting, apartMs: number, windowMs: number): boolean {
  if (a.camera !== b.camera || a.label !== b.label || a.foundBy !== b.foundBy) return false;
  if (a.box === null || b.box === null) return a.frameId === b.frameId;
  if (iou(a.box, b.box) < SAME_IOU) return false;
  if (a.partId !== undefined && b.partId !== undefined) return a.partId === b.partId;
  return apartMs <= windowMs;
}
