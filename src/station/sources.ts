import type { DetectorStats } from '../contract/detector';
import type { GuardState } from '../contract/thermal';
import type { Verdict } from '../contract/verdict';

/** Sources are asked when somebody wants to know, so that nobody pays while nobody looks. */

export interface CameraSource {
  /** For people; two cameras may have one. */
  name: string;
  /** Counters by what became of its pictures. */
  counters: () => Record<string, number>;
}

export interface DetectorSource {
  /** For people; two models may have one. */
  name: string;
  stats: () => DetectorStats;
}

export type GuardSource = () => GuardState;

export interface VerdictCount {
  /** Id of the node that gave the verdicts: two may speak for stations of one name. */
  node: string;
  station: string;
  verdict: Verdict;
  /** Empty for PASS and FAIL. */
  reason: string;
  count: number;
}

/** One frame was inspected. */
export interface Inspected {
  /** Id of the inspection-model. */
  node: string;
  /** Name of the model that answered: a canary's is not that of the inspection-model. */
  model: string;
}

export interface GoldenCount {
  /** Id of the node that judged. */
  node: string;
  station: string;
  sample: string;
  /** How the announced part ended: `right`, `wrong`, `not inspected`, `expired`, `lost`. */
  outcome: string;
  count: number;
}

/** Whether parts come to a station. */
export interface PartFlow {
  station: string;
  isSilent: () => boolean;
  /** Since the last part, or the start, s. */
  seconds: () => number;
}

/** How the golden samples of a station stand. */
export interface GoldenStanding {
  station: string;
  due: boolean;
  problem: boolean;
}
