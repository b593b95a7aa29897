import type { Verdict } from '../contract/verdict';
import type { GuardState } from '../thermal/guard';

/** Sources are asked when somebody wants to know, so that nobody pays while nobody looks. */

/** Counters of a camera by what became of its pictures. */
export type CameraSource = () => Record<string, number>;

export type GuardSource = () => GuardState;

export interface VerdictCount {
  station: string;
  verdict: Verdict;
  /** Empty for PASS and FAIL. */
  reason: string;
  count: number;
}

export interface GoldenCount {
  station: string;
  sample: string;
  /** How the announced part ended: `right`, `wrong`, `not inspected`, `expired`, `lost`. */
  outcome: string;
  count: number;
}

/** How the golden samples of a station stand. */
export interface GoldenStanding {
  station: string;
  due: boolean;
  problem: boolean;
}
