import type { Range } from '../../calibrate/ranges/range';
import { cutLogits, widenLogits } from './logits';
import { cutSiluInputs, type Silu } from './silu';

/** What range levers know of the model. */
export interface RangeContext {
  silus: readonly Silu[];
  /** Names of the raw class scores. */
  logits: ReadonlySet<string>;
}

type Ranges = ReadonlyMap<string, Range>;

/** Changes observed ranges where it is known what becomes of the numbers. */
interface RangeLever {
  /** The option that turns it off; undefined: always on. */
  option?: 'siluCut' | 'logitCut';
  apply: (ranges: Ranges, context: RangeContext) => Ranges;
}

/** The table of range levers, in the order they are applied. */
const RANGE_LEVERS: readonly RangeLever[] = [
  { option: 'siluCut', apply: (ranges, { silus }) => cutSiluInputs(ranges, silus) },
  { option: 'logitCut', apply: (ranges, { logits }) => cutLogits(ranges, logits) },
  { apply: (ranges, { logits }) => widenLogits(ranges, logits) },
];

export function applyRangeLevers(
  ranges: Ranges,
  context: RangeContext,
  options: Record<NonNullable<RangeLever['option']>, boolean>,
): Ranges {
  return RANGE_LEVERS.filter(({ option }) => option === undefined || options[option]).reduce(
    (changed, { apply }) => apply(changed, context),
    ranges,
  );
}
