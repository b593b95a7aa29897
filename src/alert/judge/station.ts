import { expected, messageOf, InspectionError } from '../../contract/errors';
import { count, newCounters, type Counters } from './counters';
import { asDetections } from '../../contract/check-detections';
import type { Detection } from '../../contract/detection';
import { findDefects, type Defect } from './defects';
import { EventTracker } from './events';
import { buildAlert, buildVerdict, type Alert, type AlertEvent, type Judged, type ListedDefect } from './messages';
import type { VerdictRecord } from './messages';
import { PartDebounce } from './part-debounce';
import { RateLimit } from './rate-limit';
import { DEFAULT_RULES, readRules, rulesId, type AlertRules } from './rules';
import { readTrace, type Trace } from './trace';
import { NOT_INSPECTED_REASONS, type NotInspected } from '../../contract/verdict';

/** One frame as it arrives: the parts of a message that matter, none of them trusted. */
export interface FrameInput {
  payload?: unknown;
  frame?: unknown;
  inference?: unknown;
  notInspected?: unknown;
}

export interface Judgement {
  verdict: VerdictRecord;
  /** In the order they are to be published; empty for most frames. */
  alerts: Alert[];
  /** Set when the message was not understood; the verdict is then NOT_INSPECTED. */
  error?: InspectionError;
}

function readNotInspected(value: unknown): NotInspected {
  const { reason, detail } = (typeof value === 'object' && value !== null ? value : {}) as Partial<NotInspected>;
  const known = NOT_INSPECTED_REASONS.find((word) => word === reason);
  if (known === undefined) {
    throw expected(`one of ${NOT_INSPECTED_REASONS.join(', ')}`, 'msg.notInspected.reason', reason);
  }
  return { reason: known, detail: typeof detail === 'string' ? detail.slice(0, 300) : '' };
}

/**
 * Turns frames into verdicts and alerts for one station. Pure but for its memory of past frames: no files, no network,
 * time comes in as a number.
 */
export class AlertStation {
  readonly name: string;
  #rules: AlertRules;
  #rulesId: string;
  #counters: Counters;
  #tracker = new EventTracker();
  #debounce = new PartDebounce();
  readonly #rateLimit = new RateLimit();
  #lastHeld: Judged | undefined;

  constructor(name: string, nowMs: number, rules: AlertRules = DEFAULT_RULES, counters?: Counters) {
    this.name = name;
    this.#rules = rules;
    this.#rulesId = rulesId(rules);
    this.#counters = counters ?? newCounters(nowMs);
  }

  get rules(): AlertRules {
    return this.#rules;
  }

  get rulesId(): string {
    return this.#rulesId;
  }

  get counters(): Counters {
    return { ...this.#counters };
  }

  /** Applies a change of the rules from the next frame on; a change that does not fit leaves the rules as they were. */
  changeRules(change: unknown): AlertRules {
    return this.setRules(readRules(change, this.#rules));
  }

  setRules(rules: AlertRules): AlertRules {
    const modeChanged = rules.events.mode !== this.#rules.events.mode;
    this.#rules = rules;
    this.#rulesId = rulesId(rules);
    if (modeChanged) {
      this.#tracker = new EventTracker();
      this.#debounce = new PartDebounce();
    }
    return rules;
  }

  resetCounters(nowMs: number): Counters {
    this.#counters = newCounters(nowMs);
    return this.counters;
  }

  /** Judges one frame. Never throws: whatever comes in, there is exactly one verdict. */
  judge(input: FrameInput, nowMs: number): Judgement {
    const trace = readTrace(input.frame, input.inference);
    const judged: Judged = { station: this.name, nowMs, trace, rules: this.#rules, rulesId: this.#rulesId };
    try {
      if (input.notInspected !== undefined) {
        const { reason, detail } = readNotInspected(input.notInspected);
        return { verdict: this.#notInspected(judged, reason, detail), alerts: [] };
      }
      return this.#inspect(judged, asDetections(input.payload, 'msg.payload', 'optional'), trace);
    } catch (error) {
      const refused =
        error instanceof InspectionError
          ? error
          : new InspectionError('BAD_ARGUMENT', messageOf(error), { cause: error });
      return {
        verdict: this.#notInspected(judged, 'bad message', refused.message),
        alerts: [],
        error: refused,
      };
    }
  }

  #notInspected(judged: Judged, reason: NotInspected['reason'], detail: string): VerdictRecord {
    const counters = count(this.#counters, 'NOT_INSPECTED');
    return buildVerdict(judged, { verdict: 'NOT_INSPECTED', reason, detail }, [], counters);
  }

  #inspect(judged: Judged, detections: readonly Detection[], trace: Trace): Judgement {
    const defects = findDefects(detections, this.#rules, trace.image ?? undefined);
    const { failing, events } =
      this.#rules.events.mode === 'part' ? this.#judgePart(defects) : this.#judgeStream(defects, judged.nowMs);
    const verdict = failing.length > 0 ? 'FAIL' : 'PASS';
    const counters = count(this.#counters, verdict);
    const alerts: Alert[] = [];
    for (const [event, concerned] of events) {
      if (concerned.length > 0) alerts.push(...this.#limit(judged, event, concerned));
    }
    return { verdict: buildVerdict(judged, { verdict }, failing, counters), alerts };
  }

  #judgePart(defects: Defect[]): { failing: ListedDefect[]; events: [AlertEvent, ListedDefect[]][] } {
    return { failing: defects, events: [['raised', this.#debounce.update(defects, this.#rules.debounce)]] };
  }

  #judgeStream(defects: Defect[], nowMs: number): { failing: ListedDefect[]; events: [AlertEvent, ListedDefect[]][] } {
    const changes = this.#tracker.update(defects, this.#rules, nowMs);
    return {
      failing: changes.confirmed,
      events: [
        ['cleared', changes.cleared],
        ['still there', changes.stillThere],
        ['raised', changes.raised],
      ],
    };
  }

  #limit(judged: Judged, event: AlertEvent, defects: ListedDefect[]): Alert[] {
    if (!this.#rateLimit.pass(this.#rules.rateLimit, judged.nowMs)) {
      this.#rateLimit.hold(defects, judged.nowMs);
      this.#lastHeld = judged;
      return [];
    }
    return [buildAlert(judged, event, defects, this.#rateLimit.takeHeld())];
  }

  /** When summary() has something to say, ms since the epoch; undefined: nothing is held back. */
  get summaryDueMs(): number | undefined {
    return this.#rateLimit.summaryDueMs(this.#rules.rateLimit);
  }

  /** The message about what was held back, when its time has come and no other alert has carried it. */
  summary(nowMs: number): Alert | undefined {
    const dueMs = this.summaryDueMs;
    if (dueMs === undefined || nowMs < dueMs || this.#lastHeld === undefined) return undefined;
    if (!this.#rateLimit.pass(this.#rules.rateLimit, nowMs)) return undefined;
    const judged: Judged = { ...this.#lastHeld, nowMs };
    return buildAlert(judged, 'summary', [], this.#rateLimit.takeHeld());
  }
}
