import type { Verdict } from '../../contract/verdict';
import { HealthTally, judgeHealth, type HealthLimits, type HealthState, type LineHealth } from './health';

/** Nothing known: comparisons with it never complain. */
export const NO_BASELINE: LineHealth = { parts: 0, failed: 0, notInspected: 0, medianMs: undefined, timedParts: 0 };

/** Counts how the line does under the model in use, and watches a promoted one against the one before it. */
export class TrialWindow {
  readonly #limits: HealthLimits;
  readonly #now: () => number;
  #tally = new HealthTally();
  #trial: { before: LineHealth; startedMs: number; restartsBefore: number } | undefined;

  constructor(limits: HealthLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  add(verdict: Verdict, latencyMs: number | undefined): void {
    this.#tally.add(verdict, latencyMs);
  }

  /** The figures of the model in use so far. */
  get figures(): LineHealth {
    return this.#tally.current;
  }

  /** Another model took over: counting starts anew, and against `before` if it is on trial. */
  begin(before: LineHealth | undefined, restarts: number): void {
    this.#tally = new HealthTally();
    this.#trial = before && { before, startedMs: this.#now(), restartsBefore: restarts };
  }

  /** The trial is over, the model stays. */
  end(): void {
    this.#trial = undefined;
  }

  /** @param restarts of the line's detector, as it counts them */
  health(restarts: number): HealthState | null {
    if (this.#trial === undefined) return null;
    const { before, startedMs, restartsBefore } = this.#trial;
    const elapsedMs = this.#now() - startedMs;
    const input = { before, now: this.#tally.current, restarts: restarts - restartsBefore, elapsedMs };
    return judgeHealth(input, this.#limits);
  }
}
