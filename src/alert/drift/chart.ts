/** What a chart counts as usual, from the parts it learned on. */
export interface Usual {
  centre: number;
  /** Spread from part to part, in the unit of the values. */
  spread: number;
}

/** Half the shift that is looked for, in spreads: parts that differ much hide a third of their light in one and a half of them. */
const SLACK = 0.5;
/**
 * Where the sum calls. With this slack the mean run between false calls is about e^(2 · 0.5 · 40) parts for independent normal
 * values (Siegmund 1985, as in Montgomery, Introduction to Statistical Quality Control, 9.1): the margin is for values that are
 * neither.
 */
const CALLS_AT = 40;
/** No single part counts for more: a hand in front of the lens is no drift. */
const MOST_SPREADS = 4;

/** A quantile, between the two values nearest to it. @param sorted ascending, at least one */
function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
  return below + (above - below) * (at - Math.floor(at));
}

/** Width of the middle 50 % and 90 % of a normal distribution, in standard deviations. */
const MIDDLE_HALF = 1.349;
const MIDDLE_NINE_TENTHS = 3.29;

/** No more than counts for one part. */
function clamp(shift: number): number {
  return Math.max(-MOST_SPREADS, Math.min(MOST_SPREADS, shift));
}

/**
 * Centre and spread that a few odd parts do not move. The centre is the mean of the values, clamped as the chart clamps them:
 * with the median, kinds of parts of unlike number drift by themselves. The spread is the standard deviation that the middle half or the
 * middle nine tenths of the values would have as a normal distribution, whichever is wider. The latter, since kinds of parts
 * make tails: with the middle half alone 2 of 50 clean runs on binarised boards called.
 *
 * @param least smallest spread: pictures of a test bench may all be the same
 */
export function usualOf(values: readonly number[], least: number): Usual {
  const sorted = [...values].sort((a, b) => a - b);
  const between = (low: number, high: number) => quantile(sorted, high) - quantile(sorted, low);
  const spread = Math.max(between(0.25, 0.75) / MIDDLE_HALF, between(0.05, 0.95) / MIDDLE_NINE_TENTHS, least);
  const middle = quantile(sorted, 0.5);
  const sum = sorted.reduce((total, value) => total + clamp((value - middle) / spread), 0);
  return { centre: middle + (sum / sorted.length) * spread, spread };
}

/** Two cumulative sums (Page 1954), one for each direction: a small lasting shift adds up, chance does not. */
export class Chart {
  readonly #usual: Usual;
  #up = 0;
  #down = 0;

  constructor(usual: Usual) {
    this.#usual = usual;
  }

  /** @returns where the values have gone for good: 1 up, −1 down, 0 nowhere */
  add(value: number): -1 | 0 | 1 {
    const { centre, spread } = this.#usual;
    const shift = clamp((value - centre) / spread);
    this.#up = Math.max(0, this.#up + shift - SLACK);
    this.#down = Math.max(0, this.#down - shift - SLACK);
    if (this.#up >= CALLS_AT) return 1;
    return this.#down >= CALLS_AT ? -1 : 0;
  }

  /** Begins to count anew: after a call, when what was wrong has been seen to. */
  reset(): void {
    this.#up = 0;
    this.#down = 0;
  }
}
