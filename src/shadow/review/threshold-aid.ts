import { iou } from '../../kit/box';
import { wilson, type Share } from '../../kit/intervals';
import { settledOf, type Card, type Model } from './card';

/** 0.05 … 0.95: what a person chooses between. */
export const AID_CONFIDENCES: readonly number[] = Array.from({ length: 19 }, (_, step) => (5 + 5 * step) / 100);

/** What a least confidence of one class would do on the judged findings and parts. */
export interface AidRow {
  /** 0 … 1 */
  confidence: number;
  /** Judged defects of the class that would be caught. */
  caught: Share;
  /** Judged false findings, and audited good parts, that would be stopped for this class. */
  stopped: Share;
}

export interface ClassAid {
  label: string;
  rows: AidRow[];
}

const SAME_PLACE_IOU = 0.5;

/** The highest confidence that a model has for a class at a card's place; 0: it sees nothing there, or was not asked that low. */
function confidenceAt(card: Card, model: Model, label: string): number {
  const there = card.seen[model].filter(
    (one) => one.label === label && (card.box === null || iou(one.box, card.box) >= SAME_PLACE_IOU),
  );
  return Math.max(0, ...there.map(({ confidence }) => confidence));
}

/**
 * For the least confidence of each class: what of the judged defects would have been caught, and what of the judged good would
 * have been stopped. Only parts that were judged count, and these are disputed, audited or reported ones: the shares compare
 * confidences with one another, and are not the line's.
 *
 * @param sha256 the model whose thresholds are to be set: cards keep what it saw, whether it was in use or on trial
 */
export function thresholdAid(cards: Iterable<Card>, sha256: string, classNames: readonly string[]): ClassAid[] {
  const defects = new Map<string, number[]>(classNames.map((label) => [label, []]));
  const good = new Map<string, number[]>(classNames.map((label) => [label, []]));
  for (const card of cards) {
    const settled = settledOf(card);
    const model = (['primary', 'candidate'] as const).find((one) => card.models[one] === sha256);
    if (settled === undefined || model === undefined) continue;
    if (settled.verdict === 'no defect') {
      const of = card.label === null ? classNames : [card.label];
      for (const label of of) good.get(label)?.push(confidenceAt(card, model, label));
      continue;
    }
    const named = settled.label ?? card.answers.find(({ label }) => label !== undefined)?.label;
    const label = settled.verdict === 'other class' ? named : (card.label ?? named);
    if (label !== undefined) defects.get(label)?.push(confidenceAt(card, model, label));
    // what was seen under a wrong name is a false finding of that name
    if (settled.verdict === 'other class' && card.label !== null) {
      good.get(card.label)?.push(confidenceAt(card, model, card.label));
    }
  }
  const atLeast = (list: readonly number[], limit: number) =>
    wilson(list.filter((confidence) => confidence >= limit).length, list.length);
  return classNames.map((label) => ({
    label,
    rows: AID_CONFIDENCES.map((confidence) => ({
      confidence,
      caught: atLeast(defects.get(label) ?? [], confidence),
      stopped: atLeast(good.get(label) ?? [], confidence),
    })),
  }));
}
