import type { ModelInfo } from '../../contract/detector';
import type { ModelIdentity } from '../evidence/disputed-record';
import type { HealthState } from './health';
import type { Share } from '../../kit/intervals';
import type { Decision, Difference } from '../compare/judge';
import type { PeopleReport } from '../decision/people-report';
import type { Phase } from './phases';
import type { ShadowCounters } from './shadow-runner';
import type { ShadowStatistics } from '../compare/statistics';

/**
 * Why a report is sent. `decision`: the sequential test came to an end. `alarm` / `alarm over`: disagreement passed the
 * threshold, or fell below it again. `warning`: something did not work, and the line goes on without it.
 */
export type ReportEvent = 'progress' | 'phase' | 'decision' | 'alarm' | 'alarm over' | 'status' | 'warning';

/** `msg.payload` of the first output of model-shadow. */
export interface ShadowReport {
  event: ReportEvent;
  /** One sentence for people. */
  text: string;
  phase: Phase;
  /** The model in use, and the one on trial; null where there is none. */
  primary: ModelIdentity | null;
  candidate: ModelIdentity | null;
  /** Whether a promotion survives a restart: only in a station folder with slots. */
  persistent: boolean;
  decision: Decision;
  reason: string;
  /** The class that decided a rejection, or that differs most. */
  label?: string;
  /** What surely differs, by class and rate; empty while nothing does. */
  differences: Difference[];
  /** Frames that both models answered, or the candidate failed at. */
  frames: number;
  /** Over the last frames; null without a candidate. */
  statistics: ShadowStatistics | null;
  /** Share of frames with a disagreement above which an alarm is raised, and whether it is raised. */
  threshold: number;
  alarm: boolean;
  shadow: ShadowCounters;
  canary: { share: number; answered: number; fellBack: number };
  health: HealthState | null;
  disputed: { items: number; bytes: number } | null;
  /** What people's answers say; null without a candidate, or where nobody is asked. */
  people: PeopleReport | null;
}

/** Whether the disagreement is surely above the threshold: its whole interval is. */
export function passesThreshold({ low }: Share, threshold: number): boolean {
  return low > threshold;
}

/** How a trial stands, in a word: its phase, or that the candidate differs and waits for a person. */
export function stateOf({ phase, decision }: Pick<ShadowReport, 'phase' | 'decision'>): Phase | 'different' {
  return decision === 'different' && (phase === 'shadow' || phase === 'canary') ? 'different' : phase;
}

export function identityOf(info: ModelInfo | undefined): ModelIdentity | null {
  return info ? { name: info.name, version: info.version, sha256: info.sha256 } : null;
}
