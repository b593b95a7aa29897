/**
 * What one rate of a candidate may be. Rates between the two are tolerated: the test may end either way there.
 */
export interface RateLimits {
  /** A candidate at or below this in every rate is good, 0 … 1. */
  acceptable: number;
  /** A candidate at or above this in any rate is bad, 0 … 1. */
  unacceptable: number;
}

export interface ErrorRates {
  /** Probability that a good candidate is ever rejected: at most this, however long it is watched. */
  falseReject: number;
  /** Probability that a bad candidate is ever promoted: at most this. */
  falsePromote: number;
}

export type RateDecision = 'undecided' | 'acceptable' | 'unacceptable';

/** Failing by this share is taken for "it never works": makes the test end after two or three misses in a row. */
const HOPELESS = 0.9;

const step = (from: number, to: number, failed: boolean) =>
  failed ? Math.log(to / from) : Math.log((1 - to) / (1 - from));

/**
 * Sequential test of one failure rate, one observation at a time, that may be looked at after each of them.
 *
 * Against the candidate: a mixture likelihood ratio of three failure rates (the unacceptable one, hopeless, and half-way
 * on the log scale) over the acceptable one. While the true rate is at most `acceptable` it is a non-negative
 * supermartingale that starts at 1, so it ever reaches 1/α with probability at most α (Ville's inequality; Wald 1945,
 * "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16; Robbins 1970, "Statistical Methods
 * Related to the Law of the Iterated Logarithm", Annals 41, for the mixture).
 * For it: the likelihood ratio of `acceptable` over `unacceptable`, which reaches 1/β with probability at most β while
 * the true rate is at least `unacceptable`. Wald's own bounds ln((1−β)/α) are approximate; these hold exactly.
 *
 * Parts may depend on each other as long as the chance of failing, given what came before, keeps to the limits.
 */
export class SequentialRate {
  readonly #limits: RateLimits;
  readonly #alternatives: number[];
  readonly #against: number[];
  readonly #rejectAt: number;
  readonly #acceptAt: number;
  #for = 0;
  #decision: RateDecision = 'undecided';
  failures = 0;
  observed = 0;

  constructor(limits: RateLimits, alpha: number, beta: number) {
    this.#limits = limits;
    const hopeless = Math.max(HOPELESS, limits.unacceptable);
    this.#alternatives = [limits.unacceptable, Math.sqrt(limits.unacceptable * hopeless), hopeless];
    this.#against = this.#alternatives.map(() => 0);
    this.#rejectAt = Math.log(1 / alpha);
    this.#acceptAt = Math.log(1 / beta);
  }

  /** Adds one observation. Once decided against, the decision stays; once for, later failures can still turn it. */
  add(failed: boolean): RateDecision {
    const { acceptable, unacceptable } = this.#limits;
    this.observed++;
    if (failed) this.failures++;
    for (const [index, rate] of this.#alternatives.entries()) {
      this.#against[index] = (this.#against[index] ?? 0) + step(acceptable, rate, failed);
    }
    this.#for += step(unacceptable, acceptable, failed);
    if (this.#decision === 'unacceptable') return this.#decision;
    if (this.evidenceAgainst >= this.#rejectAt) this.#decision = 'unacceptable';
    else if (this.#for >= this.#acceptAt) this.#decision = 'acceptable';
    return this.#decision;
  }

  get decision(): RateDecision {
    return this.#decision;
  }

  /** Natural logarithm of the mixture's likelihood ratio. */
  get evidenceAgainst(): number {
    const largest = Math.max(...this.#against);
    const sum = this.#against.reduce((total, log) => total + Math.exp(log - largest), 0);
    return largest + Math.log(sum / this.#against.length);
  }

  /** How many more observations without a failure would do to accept; 0 when accepted. */
  get stillNeeded(): number {
    if (this.#decision === 'acceptable') return 0;
    const { acceptable, unacceptable } = this.#limits;
    return Math.max(1, Math.ceil((this.#acceptAt - this.#for) / step(unacceptable, acceptable, false)));
  }
}
