import { randomUUID } from 'node:crypto';
import type { Counters } from './counters';
import type { Defect } from './defects';
import { bySeverity, worseSeverity, worstSeverity, type AlertRules, type Severity } from './rules';
import type { FrameTrace, ModelTrace, ThermalTrace, Thresholds, Trace } from './trace';
import type { NotInspectedReason, Verdict } from '../../contract/verdict';

/**
 * The JSON documents that leave the station, as schemas/*.schema.json describe them for others. Fields are added, never
 * renamed; what is not known is null, so that a consumer can tell it from a typing error.
 */

/** Most defects that one message lists; the most severe and surest first. The rest is counted in `defectsOmitted`. */
export const MAX_LISTED_DEFECTS = 50;

/** `raised`: new; `still there`: a tracked defect stays; `cleared`: it is gone; `summary`: what the rate limit held back. */
export const ALERT_EVENTS = ['raised', 'still there', 'cleared', 'summary'] as const;
export type AlertEvent = (typeof ALERT_EVENTS)[number];

export interface ListedDefect extends Defect {
  /** Stream mode: names the defect over frames. */
  eventId?: string;
}

/** What the rate limit kept back since the last alert went out. */
export interface HeldBack {
  alerts: number;
  defects: number;
  since: string;
  until: string;
  /** The highest of what was held back. */
  severity: Severity;
  labels: Record<string, number>;
}

interface Traceable {
  id: string;
  /** When it was judged, ISO 8601 UTC with milliseconds. */
  time: string;
  station: string;
  frame: FrameTrace;
  defects: ListedDefect[];
  /** Defects that are not listed because of the message's size limit. */
  defectsOmitted: number;
  model: ModelTrace | null;
  thresholds: Thresholds;
  thermal: ThermalTrace | null;
}

export interface Alert extends Traceable {
  event: AlertEvent;
  severity: Severity;
  rulesId: string;
  rules: AlertRules;
  heldBack?: HeldBack;
  evidence?: { url: string; annotatedUrl?: string };
  /** Why the picture could not be kept; absent where it could, or was not to be. */
  evidenceProblem?: string;
  /** Small JPEG, base64 data URL. */
  thumbnail?: string;
}

/** On the verdict of a golden part: what it was compared with, and how that ended. */
export interface GoldenMark {
  sample: string;
  outcome: 'right' | 'wrong' | 'not inspected';
  /** One sentence each; empty when it is right. */
  differences: string[];
}

export interface VerdictRecord extends Traceable {
  verdict: Verdict;
  reason?: NotInspectedReason;
  detail?: string;
  /**
   * Parts that this one message stands for: those that were due while a camera was paused or lost. Absent: one.
   * @minimum 2
   */
  count?: number;
  image: { width: number; height: number } | null;
  latencyMs: number | null;
  rulesId: string;
  counters: Counters;
  /** Only on a golden part, which is not one of production. */
  golden?: GoldenMark;
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale;
}

/** The defects that a message lists, worst first, with numbers as short as they are exact: 0.01 pixel, 0.0001. */
function listDefects(defects: readonly ListedDefect[]): Pick<Traceable, 'defects' | 'defectsOmitted'> {
  const sorted = [...defects].sort((a, b) => bySeverity(a, b) || b.confidence - a.confidence);
  const listed = sorted.slice(0, MAX_LISTED_DEFECTS).map((defect) => ({
    ...defect,
    confidence: round(defect.confidence, 4),
    box: {
      x: round(defect.box.x, 2),
      y: round(defect.box.y, 2),
      width: round(defect.box.width, 2),
      height: round(defect.box.height, 2),
    },
  }));
  return { defects: listed, defectsOmitted: sorted.length - listed.length };
}

export interface Judged {
  station: string;
  nowMs: number;
  /** On the steady clock. */
  steadyMs: number;
  trace: Trace;
  rules: AlertRules;
  rulesId: string;
}

function traceable({ station, nowMs, trace, rules }: Judged, defects: readonly ListedDefect[]): Omit<Traceable, 'id'> {
  return {
    time: new Date(nowMs).toISOString(),
    station,
    frame: trace.frame,
    ...listDefects(defects),
    model: trace.model,
    thresholds: { confidence: trace.confidence, iou: trace.iou, minConfidence: rules.minConfidence },
    thermal: trace.thermal,
  };
}

export function buildAlert(
  judged: Judged,
  event: AlertEvent,
  defects: readonly ListedDefect[],
  heldBack?: HeldBack,
): Alert {
  return {
    id: randomUUID(),
    event,
    severity: worseSeverity(worstSeverity(defects), heldBack?.severity ?? 'info'),
    ...traceable(judged, defects),
    rulesId: judged.rulesId,
    // a copy: what a flow does to its message must not change what the station judges by
    rules: structuredClone(judged.rules),
    ...(heldBack === undefined ? {} : { heldBack }),
  };
}

export function buildVerdict(
  judged: Judged,
  outcome: Pick<VerdictRecord, 'verdict' | 'reason' | 'detail' | 'count'>,
  defects: readonly ListedDefect[],
  counters: Counters,
  golden?: GoldenMark,
): VerdictRecord {
  return {
    id: randomUUID(),
    ...outcome,
    ...traceable(judged, defects),
    image: judged.trace.image,
    latencyMs: judged.trace.latencyMs === null ? null : round(judged.trace.latencyMs, 2),
    rulesId: judged.rulesId,
    counters,
    ...(golden && { golden }),
  };
}
