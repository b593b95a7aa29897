import type { Squeeze } from '../../contract/certificate';
import type { Pair } from './pairs';

const SURE = 0.8;
/** Fewer sure things say nothing. */
const LEAST_THINGS = 5;
/** A good INT8 model is less sure by 0.01 … 0.03 in the median; the cut-off heads that were seen, by 0.15 … 0.3. */
const MOST_DROP = 0.1;

export function squeezeOf(pairs: readonly Pair[]): Squeeze {
  const sure = pairs.filter(({ float, int8 }) => float > SURE && int8 > 0);
  const float = median(sure.map((pair) => pair.float));
  const int8 = median(sure.map((pair) => pair.int8));
  return { things: sure.length, float, int8, squeezed: sure.length >= LEAST_THINGS && float - int8 > MOST_DROP };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
