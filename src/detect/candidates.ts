import { InspectionError } from '../contract/errors';

/** Scores of quantized models may be half a step outside of 0 … 1. */
export const SCORE_SLACK = 0.02;

/** A model that answers nonsense sees nothing: its frame is not inspected, instead of passing without a detection. */
function refuse(wanted: string, received: string): never {
  throw new InspectionError('MODEL_INVALID', `Expected ${wanted} in the answer of the model but received ${received}`);
}

/** @throws InspectionError MODEL_INVALID unless the score is between 0 and 1, but for the slack */
export function checkScore(score: number): void {
  if (!(score >= -SCORE_SLACK && score <= 1 + SCORE_SLACK)) refuse('a confidence between 0 and 1', String(score));
}

/** Where decoders put what they find: boxes as corners in pixels of the model's input, before NMS. */
export class CandidateList {
  /** Four numbers per candidate: left, top, right, bottom. */
  readonly corners: number[] = [];
  readonly scores: number[] = [];
  readonly classIds: number[] = [];

  get length(): number {
    return this.scores.length;
  }

  /** @throws InspectionError MODEL_INVALID for a confidence, a box or a class that is none */
  add(left: number, top: number, right: number, bottom: number, score: number, classId: number): void {
    checkScore(score);
    // one number that is not finite makes the sum so
    if (!Number.isFinite(left + top + right + bottom)) {
      refuse('a box of finite numbers', [left, top, right, bottom].join(', '));
    }
    if (!(Number.isInteger(classId) && classId >= 0)) refuse('the number of a class', String(classId));
    this.corners.push(left, top, right, bottom);
    this.scores.push(Math.min(1, Math.max(0, score)));
    this.classIds.push(classId);
  }

  addCentred(x: number, y: number, width: number, height: number, score: number, classId: number): void {
    this.add(x - width / 2, y - height / 2, x + width / 2, y + height / 2, score, classId);
  }
}
