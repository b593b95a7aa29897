import type { ModelInfo } from '../../contract/detector';

/** Least confidence at which a class counts, 0 … 1. */
export type ClassLimit = (label: string) => number;

/** The least confidences of the two models of a trial. */
export interface PairLimits {
  primary: ClassLimit;
  candidate: ClassLimit;
}

/**
 * What counts of a model's findings: what the line asked for, else what the model's folder says of the class, or of all.
 *
 * @param asked by the line, for this frame; undefined: it left it to the model
 * @param set in the shadow's properties; it can only raise what the line answers
 * @param otherwise where the model's folder says nothing
 */
export function limitOf(
  { thresholds }: Pick<ModelInfo, 'thresholds'>,
  asked: number | undefined,
  set: number | undefined,
  otherwise: number,
): ClassLimit {
  const atLeast = set ?? 0;
  if (asked !== undefined) return () => Math.max(atLeast, asked);
  const common = thresholds?.confidence ?? (set === undefined ? otherwise : 0);
  return (label) => Math.max(atLeast, thresholds?.perClass?.[label] ?? common);
}
