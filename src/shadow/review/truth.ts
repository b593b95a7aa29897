import { expected } from '../../contract/errors';
import type { Rectangle } from '../../contract/frame';
import { nonEmptyString, numberBetween, oneOf } from '../../contract/validate';
import { iou } from '../../kit/box';
import type { Card, ReviewVerdict } from './card';

/** What the truth of a part may be called; `good` and `no defect` are one. */
export const TRUTHS = ['defect', 'good', 'no defect', 'cannot tell', 'other class'] as const;

/** The truth about a part, or about one card, as it came from outside. */
export interface Truth {
  cardId?: string;
  frameId?: string;
  partId?: string;
  verdict: (typeof TRUTHS)[number];
  label?: string;
  /** Pixels of the upright picture. */
  box?: Rectangle;
  by?: string;
}

const optionalText = (value: unknown, name: string) =>
  value === undefined || value === null
    ? undefined
    : nonEmptyString(typeof value === 'number' ? String(value) : value, name);

const MAX_PX = 1e6;

/** Reads a box in pixels: x, y, width, height. @throws InspectionError BAD_ARGUMENT */
export function readBox(value: unknown, name: string): Rectangle {
  if (typeof value !== 'object' || value === null) throw expected('a box with x, y, width and height', name, value);
  const { x, y, width, height } = value as Record<string, unknown>;
  return {
    x: numberBetween(x, `${name}.x`, -MAX_PX, MAX_PX),
    y: numberBetween(y, `${name}.y`, -MAX_PX, MAX_PX),
    width: numberBetween(width, `${name}.width`, 0, MAX_PX),
    height: numberBetween(height, `${name}.height`, 0, MAX_PX),
  };
}

/** Reads `msg.payload` of `msg.topic = 'truth'`. @throws InspectionError BAD_ARGUMENT in one sentence */
export function readTruth(payload: unknown): Truth {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw expected('an object with frameId or partId, and verdict,', 'msg.payload', payload);
  }
  const { cardId, frameId, partId, verdict, class: named, label = named, box, by } = payload as Record<string, unknown>;
  const truth = {
    cardId: optionalText(cardId, 'msg.payload.cardId'),
    frameId: optionalText(frameId, 'msg.payload.frameId'),
    partId: optionalText(partId, 'msg.payload.partId'),
    verdict: oneOf(verdict, 'msg.payload.verdict', TRUTHS),
    label: optionalText(label, 'msg.payload.class'),
    box: box === undefined || box === null ? undefined : readBox(box, 'msg.payload.box'),
    by: optionalText(by, 'msg.payload.by'),
  };
  if (truth.cardId === undefined && truth.frameId === undefined && truth.partId === undefined) {
    throw expected('the id of a frame or part', 'msg.payload.frameId', frameId);
  }
  if (truth.verdict === 'other class') nonEmptyString(label, 'msg.payload.class');
  return truth;
}

/** A reported box and a card's box that overlap by this are about one thing; people draw more loosely than models. */
const MEANT_IOU = 0.3;

/**
 * Which cards of a part a truth answers, and how. A good part: no card of it is a defect. A defect with a box: the cards there. A
 * defect with a class alone: the one card of that class, where there is one only. The audit of a part: it always.
 */
export function cardsMeant(
  { verdict, label, box }: Truth,
  ofPart: readonly Card[],
): { card: Card; verdict: ReviewVerdict; label?: string }[] {
  if (verdict === 'good' || verdict === 'no defect') {
    return ofPart.filter(({ kind }) => kind !== 'reported').map((card) => ({ card, verdict: 'no defect' }));
  }
  if (verdict === 'cannot tell') return ofPart.map((card) => ({ card, verdict }));
  const audits = ofPart
    .filter(({ kind }) => kind === 'audit')
    .map((card) => ({ card, verdict: 'defect' as const, label }));
  const findings = ofPart.filter((card) => card.box !== null);
  if (box !== undefined) {
    const there = findings.filter((card) => card.box !== null && iou(card.box, box) >= MEANT_IOU);
    const named = there.map((card) =>
      label === undefined || label === card.label
        ? { card, verdict: 'defect' as const }
        : { card, verdict: 'other class' as const, label },
    );
    return [...audits, ...named];
  }
  const ofClass = findings.filter((card) => label !== undefined && card.label === label);
  return [...audits, ...(ofClass.length === 1 ? ofClass.map((card) => ({ card, verdict: 'defect' as const })) : [])];
}
