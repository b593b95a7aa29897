/** The real numbers that a value's 8 bits are spread over. */
export interface Range {
  min: number;
  max: number;
}

/** real = (q − zeroPoint) × scale */
export interface QuantizationParameters {
  scale: number;
  zeroPoint: number;
}

/** Activations as unsigned or signed bytes. */
export type ActivationType = 'uint8' | 'int8';

/** Smallest step: below it a value is constant zero for all practical purposes, and 1/scale would overflow a float. */
const MIN_SCALE = 1e-9;

/** The smallest range that holds all of the ranges; { 0, 0 } for none. */
export function unionOf(ranges: Iterable<Range>): Range {
  const union = { min: 0, max: 0 };
  for (const { min, max } of ranges) {
    union.min = Math.min(union.min, min);
    union.max = Math.max(union.max, max);
  }
  return union;
}

/**
 * Asymmetric parameters for a range. Zero is always representable exactly: borders are padded with it. Scales are rounded
 * to float32, as they are stored.
 */
export function parametersFor(range: Range, type: ActivationType): QuantizationParameters {
  const min = Math.min(0, range.min);
  const max = Math.max(0, range.max);
  const scale = Math.fround(Math.max((max - min) / 255, MIN_SCALE));
  const fromZero = Math.min(255, Math.max(0, Math.round(-min / scale)));
  return { scale, zeroPoint: type === 'uint8' ? fromZero : fromZero - 128 };
}
