import { randomUUID } from 'node:crypto';
import type { Verdict } from '../../contract/verdict';
import type { FrameTrace, ModelTrace } from '../judge/trace';
import type { ListedDefect, VerdictRecord } from '../judge/messages';
import type { GoldenSample } from './samples';

/** The documents about golden samples, as schemas/golden-*.schema.json describe them. */

/** How one golden part ended. */
export type GoldenOutcome = 'right' | 'wrong' | 'not inspected';

/**
 * `announced` the next part is a golden one · `right`, `wrong`, `not inspected` how it ended · `expired` no part came in
 * time · `replaced`, `cancelled` by message · `lost` the sample is no longer in the list · `due` it is time for a check, or
 * still is · `overdue` it was not done in time · `state` how things stand, to whoever asked.
 */
export type GoldenEvent =
  'announced' | GoldenOutcome | 'expired' | 'replaced' | 'cancelled' | 'lost' | 'due' | 'overdue' | 'state';

/** Golden samples that are announced and have not come yet. */
export interface AnnouncedSample {
  sample: string;
  /** Only a part that this camera shows; null: the next part, whichever camera shows it. */
  camera: string | null;
  /** ISO 8601. */
  announcedAt: string;
  expiresAt: string;
}

export interface LastResult {
  sample: string;
  camera: string | null;
  outcome: 'right' | 'wrong';
  time: string;
  detail: string;
}

export interface GoldenState {
  /** The samples of the list, for buttons. */
  samples: string[];
  announced: AnnouncedSample[];
  /** Samples that the schedule asks for; null: none. */
  due: { since: string; overdue: boolean; samples: string[] } | null;
  last: LastResult | null;
  /** The last result of a sample is wrong, or a check is overdue. */
  problem: boolean;
  /** Parts are NOT_INSPECTED until the check is done. */
  stopped: boolean;
}

/** A golden part's verdict beside what is known of it. */
export interface GoldenResult {
  expected: GoldenSample;
  verdict: Verdict;
  /** One sentence each; empty when it is right. */
  differences: string[];
  defects: ListedDefect[];
  defectsOmitted: number;
  frame: FrameTrace;
  model: ModelTrace | null;
  verdictId: string;
  rulesId: string;
}

/** Payload on inspection/<station>/golden. */
export interface GoldenRecord {
  id: string;
  event: GoldenEvent;
  time: string;
  station: string;
  sample: string | null;
  camera: string | null;
  /** One sentence. */
  detail: string;
  result: GoldenResult | null;
  state: GoldenState;
}

/** Payload on <alert topic>/golden: not a defect of production. */
export interface GoldenAlert {
  id: string;
  kind: 'golden';
  event: 'wrong' | 'overdue';
  severity: 'critical' | 'major';
  time: string;
  station: string;
  sample: string | null;
  camera: string | null;
  detail: string;
  result: GoldenResult | null;
  evidence?: { url: string; annotatedUrl?: string };
  /** Why the picture could not be kept; absent where it could, or was not to be. */
  evidenceProblem?: string;
  thumbnail?: string;
}

export function goldenResult(expected: GoldenSample, record: VerdictRecord, differences: string[]): GoldenResult {
  const { verdict, defects, defectsOmitted, frame, model, id, rulesId } = record;
  return { expected, verdict, differences, defects, defectsOmitted, frame, model, verdictId: id, rulesId };
}

/** The alert that a record makes; undefined for most. An overdue check is an alert only where the user wants one. */
export function goldenAlert(record: GoldenRecord, overdueToo: boolean): GoldenAlert | undefined {
  const { event, time, station, sample, camera, detail, result } = record;
  if (event !== 'wrong' && !(event === 'overdue' && overdueToo)) return undefined;
  const severity = event === 'wrong' ? 'critical' : 'major';
  const alert: GoldenAlert = {
    id: randomUUID(),
    kind: 'golden',
    event,
    severity,
    time,
    station,
    sample,
    camera,
    detail,
    result,
  };
  return structuredClone(alert);
}
