import { createHash } from 'node:crypto';
import { iou } from '../../kit/box';
import type { Card, CardState } from './card';

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

/** Two answers are wanted of this share of the cards. */
export function wantsTwo({ id }: Pick<Card, 'id'>, secondShare: number): boolean {
  return drawOf(`second ${id}`) < secondShare;
}

export function stateOfCard(card: Pick<Card, 'id' | 'answers'>, secondShare: number): CardState {
  if (card.answers.length === 0) return 'open';
  return card.answers.length === 1 && wantsTwo(card, secondShare) ? 'second' : 'done';
}

/**
 * The card to ask this reviewer about: unanswered ones by weight, audits in between at their share of what is open, then those
 * that want a second answer from somebody else.
 */
export function nextCard(
  cards: Iterable<Card>,
  reviewer: string,
  options: { secondShare: number; settledOfClass: ReadonlyMap<string, number>; isTaken: (id: string) => boolean },
): Card | undefined {
  let best: Card | undefined;
  let bestRank = -Infinity;
  for (const card of cards) {
    const state = stateOfCard(card, options.secondShare);
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
