import { expected, messageOf, InspectionError } from '../contract/errors';
import { compareWithSample } from './golden/compare';
import type { Claim, GoldenCheck } from './golden/check';
import type { GoldenRecord } from './golden/records';
import { copy, count, countGolden, newCounters, type Counters } from './judge/counters';
import { asDetections } from '../contract/check-detections';
import type { Detection } from '../contract/detection';
import { findDefects, type Defect } from './judge/defects';
import { EventTracker } from './judge/events';
import {
  buildAlert,
  buildVerdict,
  type Alert,
  type AlertEvent,
  type Judged,
  type ListedDefect,
} from './judge/messages';
import type { GoldenMark, VerdictRecord } from './judge/messages';
import { PartDebounce } from './judge/part-debounce';
import { RateLimit } from './judge/rate-limit';
import { DEFAULT_RULES, readRules, refuseStream, type AlertRules } from './judge/rules';
import { rulesId } from './judge/rules-id';
import { readTrace } from './judge/trace';
import { integerBetween } from '../contract/validate';
import { NOT_INSPECTED_REASONS, type NotInspected } from '../contract/verdict';

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
  /** Set when the part was a golden sample and there is something to tell of it. */
  golden?: GoldenRecord;
}

/** What became of a frame, before it is counted. */
type Outcome = Pick<VerdictRecord, 'verdict' | 'reason' | 'detail' | 'count'>;

/** More frames than this are not missed between two messages: a day of the fastest camera. */
const MAX_COUNT = 10_368_000;

function readNotInspected(value: unknown): NotInspected {
  const { reason, detail, count } = (typeof value === 'object' && value !== null ? value : {}) as Partial<NotInspected>;
  const known = NOT_INSPECTED_REASONS.find((word) => word === reason);
  if (known === undefined) {
    throw expected(`one of ${NOT_INSPECTED_REASONS.join(', ')}`, 'msg.notInspected.reason', reason);
  }
  const parts = count === undefined ? 1 : integerBetween(count, 'msg.notInspected.count', 1, MAX_COUNT);
  return { reason: known, detail: typeof detail === 'string' ? detail.slice(0, 300) : '', count: parts };
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
  readonly #golden: GoldenCheck | undefined;
  #lastHeld: Judged | undefined;

  constructor(
    name: string,
    nowMs: number,
    rules: AlertRules = DEFAULT_RULES,
    counters?: Counters,
    golden?: GoldenCheck,
  ) {
    this.name = name;
    this.#rules = rules;
    this.#rulesId = rulesId(rules);
    this.#counters = counters ?? newCounters(nowMs);
    this.#golden = golden;
  }

  get rules(): AlertRules {
    return this.#rules;
  }

  get rulesId(): string {
    return this.#rulesId;
  }

  get counters(): Counters {
    return copy(this.#counters);
  }

  /** Applies a change of the rules from the next frame on; a change that does not fit leaves the rules as they were. */
  changeRules(change: unknown): AlertRules {
    return this.setRules(readRules(change, this.#rules));
  }

  setRules(rules: AlertRules): AlertRules {
    if (this.#golden !== undefined) refuseStream(rules);
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

  /**
   * Judges one frame. Never throws: whatever comes in, there is exactly one verdict.
   *
   * @param nowMs for time stamps
   * @param steadyMs for durations: a clock that is never set
   */
  judge(input: FrameInput, nowMs: number, steadyMs = nowMs): Judgement {
    const trace = readTrace(input.frame, input.inference);
    const [rules, rulesId] = [this.#rules, this.#rulesId];
    const judged: Judged = { station: this.name, nowMs, steadyMs, trace, rules, rulesId };
    const claim = this.#golden?.claim(trace.frame, nowMs, steadyMs);
    try {
      if (input.notInspected !== undefined) {
        return this.#notInspected(judged, readNotInspected(input.notInspected), claim);
      }
      const detections = asDetections(input.payload, 'msg.payload', 'optional');
      if (claim !== undefined) return this.#inspectGolden(judged, detections, claim);
      const hold = this.#golden?.hold(nowMs, steadyMs);
      if (hold !== undefined) return this.#notInspected(judged, { reason: 'golden check due', detail: hold });
      return this.#inspect(judged, detections);
    } catch (error) {
      const refused =
        error instanceof InspectionError
          ? error
          : new InspectionError('BAD_ARGUMENT', messageOf(error), { cause: error });
      return {
        ...this.#notInspected(judged, { reason: 'bad message', detail: refused.message }, claim),
        error: refused,
      };
    }
  }

  #notInspected(judged: Judged, { reason, detail, count: parts = 1 }: NotInspected, claim?: Claim): Judgement {
    const outcome: Outcome = { verdict: 'NOT_INSPECTED', reason, detail: detail.slice(0, 300) };
    if (parts > 1) outcome.count = parts;
    if (claim !== undefined) return this.#endGolden(judged, outcome, [], claim, []);
    return { verdict: buildVerdict(judged, outcome, [], count(this.#counters, 'NOT_INSPECTED', parts)), alerts: [] };
  }

  #inspect(judged: Judged, detections: readonly Detection[]): Judgement {
    const defects = findDefects(detections, this.#rules, judged.trace.image ?? undefined);
    const { failing, events } =
      this.#rules.events.mode === 'part' ? this.#judgePart(defects) : this.#judgeStream(defects, judged.steadyMs);
    const verdict = failing.length > 0 ? 'FAIL' : 'PASS';
    const counters = count(this.#counters, verdict);
    const alerts: Alert[] = [];
    for (const [event, concerned] of events) {
      if (concerned.length > 0) alerts.push(...this.#limit(judged, event, concerned));
    }
    return { verdict: buildVerdict(judged, { verdict }, failing, counters), alerts };
  }

  /** A golden part is judged by the same rules, but is no part of production: no debounce, no alert, no count of it. */
  #inspectGolden(judged: Judged, detections: readonly Detection[], claim: Claim): Judgement {
    const defects = findDefects(detections, this.#rules, judged.trace.image ?? undefined);
    const verdict = defects.length > 0 ? 'FAIL' : 'PASS';
    return this.#endGolden(judged, { verdict }, defects, claim, compareWithSample(claim.sample, verdict, defects));
  }

  #endGolden(judged: Judged, outcome: Outcome, defects: Defect[], claim: Claim, differences: string[]): Judgement {
    const inspected = differences.length === 0 ? 'right' : 'wrong';
    const mark: GoldenMark = {
      sample: claim.sample.name,
      outcome: outcome.verdict === 'NOT_INSPECTED' ? 'not inspected' : inspected,
      differences,
    };
    const verdict = buildVerdict(
      judged,
      outcome,
      defects,
      countGolden(this.#counters, outcome.verdict, outcome.count),
      mark,
    );
    return {
      verdict,
      alerts: [],
      golden: this.#golden?.ended(claim, verdict, differences, judged.nowMs, judged.steadyMs),
    };
  }

  #judgePart(defects: Defect[]): { failing: ListedDefect[]; events: [AlertEvent, ListedDefect[]][] } {
    return { failing: defects, events: [['raised', this.#debounce.update(defects, this.#rules.debounce)]] };
  }

  #judgeStream(
    defects: Defect[],
    steadyMs: number,
  ): { failing: ListedDefect[]; events: [AlertEvent, ListedDefect[]][] } {
    const changes = this.#tracker.update(defects, this.#rules, steadyMs);
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
    if (!this.#rateLimit.pass(this.#rules.rateLimit, judged.steadyMs)) {
      this.#rateLimit.hold(defects, judged.nowMs, judged.steadyMs);
      this.#lastHeld = judged;
      return [];
    }
    return [buildAlert(judged, event, defects, this.#rateLimit.takeHeld())];
  }

  /** When summary() has something to say, ms of the steady clock; undefined: nothing is held back. */
  get summaryDueMs(): number | undefined {
    return this.#rateLimit.summaryDueMs(this.#rules.rateLimit);
  }

  /** The message about what was held back, when its time has come and no other alert has carried it. */
  summary(nowMs: number, steadyMs = nowMs): Alert | undefined {
    const dueMs = this.summaryDueMs;
    if (dueMs === undefined || steadyMs < dueMs || this.#lastHeld === undefined) return undefined;
    if (!this.#rateLimit.pass(this.#rules.rateLimit, steadyMs)) return undefined;
    const judged: Judged = { ...this.#lastHeld, nowMs, steadyMs };
    return buildAlert(judged, 'summary', [], this.#rateLimit.takeHeld());
  }
}
