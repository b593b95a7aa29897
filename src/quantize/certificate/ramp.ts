/**
 * How much a thing counts as seen, by the confidence of its detection: 0 well below the operating threshold, 1 well above,
 * rising with the logit of the confidence between. A count at the threshold itself would call 0.251 → 0.249 a lost thing;
 * here that is a loss of 0.003. At a threshold of 0.25 the ramp reaches from 0.12 to 0.45.
 */
export interface Ramp {
  /** Confidence below which nothing counts. */
  low: number;
  /** @param confidence 0 … 1; 0: not seen at all */
  seen(confidence: number): number;
  seenAtLogit(logit: number): number;
}

/** Half of the ramp's width in logits: the noise of a good INT8 model has a standard deviation of 0.2 … 0.3. */
const HALF_WIDTH = 0.9;

/** Confidences are kept this far from 0 and 1, where logits have no end. */
const EDGE = 1e-3;

export function logit(confidence: number): number {
  const inside = Math.min(1 - EDGE, Math.max(EDGE, confidence));
  return Math.log(inside / (1 - inside));
}

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** @param threshold the confidence at which a station calls a thing found, 0 … 1 */
export function rampAround(threshold: number): Ramp {
  const start = logit(threshold) - HALF_WIDTH;
  const seenAtLogit = (value: number): number => Math.min(1, Math.max(0, (value - start) / (2 * HALF_WIDTH)));
  return { low: sigmoid(start), seen: (confidence) => seenAtLogit(logit(confidence)), seenAtLogit };
}
