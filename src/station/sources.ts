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
