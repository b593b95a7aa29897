import type { DetectOutcome, DetectorLike, ModelInfo } from '../../contract/detector';
import { COMPARE_DEFAULTS } from '../compare/compare';
import type { ShadowSettings } from './controller-options';
import type { DisputedRecord } from '../evidence/disputed-record';
import { DisputedStore } from '../evidence/disputed-store';
import type { Decision, TrialJudgement } from '../compare/judge';
import { ModelPair, type LineFrame } from './pair';
import { limitOf, type PairLimits } from '../compare/limits';
import { Reviewing, SEEN_FROM } from './reviewing';
import { passesThreshold, type ReportEvent } from './shadow-report';
import type { RoutedDetector } from '../../detector/routed-detector';
import { ShadowRunner, type ShadowCounters } from './shadow-runner';

/** Reasons of a candidate's failing that are its own fault. */
const OWN_FAULT: ReadonlySet<string> = new Set([
  'detector restarted',
  'timeout',
  'model not available',
  'self-test failed',
]);

export interface ComparisonOptions {
  line: RoutedDetector;
  settings: ShadowSettings;
  /** False while the station has nothing to spend on shadows. */
  allowed: (runs: number) => boolean;
}

/** Who is told what the frames showed. */
export interface ComparisonListener {
  noticed: (event: ReportEvent, text: string) => void;
  /** After every frame that counted. */
  judged: (judgement: TrialJudgement) => void;
  disputed: (record: DisputedRecord, line: LineFrame) => void;
  warned: (error: unknown) => void;
}

/**
 * The frames of the line beside what the candidate says about them: offers them to the shadow, adds up what came out, and
 * tells of alarms and decisions. What follows from these is the controller's business.
 */
export class Comparison {
  readonly #options: ComparisonOptions;
  readonly #listener: ComparisonListener;
  readonly #runner: ShadowRunner;
  readonly #disputed: DisputedStore | undefined;
  readonly #endScores: () => void;
  /** Where people are asked; undefined: nowhere. */
  reviewing: Reviewing | undefined;
  #pair: ModelPair | undefined;
  #candidate: () => DetectorLike | undefined = () => undefined;
  #ownConfidence = COMPARE_DEFAULTS.confidence;
  #alarm = false;
  /** The last decision that was told of. */
  #told: Decision = 'keep';

  constructor(options: ComparisonOptions, listener: ComparisonListener) {
    const { line, settings, allowed } = options;
    const { sample, runner, disputedFolder, disputedItems, disputedBytes } = settings;
    this.#options = options;
    this.#listener = listener;
    this.#runner = new ShadowRunner(line, { ...runner, sample, allowed });
    this.#endScores = line.keepScores((id) => this.#wantsScores(id));
    if (disputedFolder !== undefined) {
      this.#disputed = new DisputedStore(disputedFolder, { maxItems: disputedItems, maxBytes: disputedBytes });
    }
  }

  /** The two models and what is known about them; undefined before the first candidate. */
  get pair(): ModelPair | undefined {
    return this.#pair;
  }

  get alarm(): boolean {
    return this.#alarm;
  }

  get counters(): ShadowCounters {
    return this.#runner.counters;
  }

  /** How full the evidence folder is; null without one, or when it cannot be read: that is told when a frame is saved. */
  async evidence(): Promise<{ items: number; bytes: number } | null> {
    return (await this.#disputed?.usage().catch(() => null)) ?? null;
  }

  /**
   * Begins anew with two models.
   *
   * @param detector the candidate's; undefined while it is being exchanged
   * @param ownConfidence the threshold where neither the settings nor a frame has one, 0 … 1
   */
  begin(
    models: { primary: ModelInfo; candidate: ModelInfo },
    detector: () => DetectorLike | undefined,
    ownConfidence: number,
  ): void {
    const { judge, confidence = ownConfidence } = this.#options.settings;
    const compare = { ...COMPARE_DEFAULTS, confidence };
    this.#ownConfidence = ownConfidence;
    this.#candidate = detector;
    this.#pair = new ModelPair({ ...models, compare, judge, disputed: this.#disputed });
    this.#told = 'keep';
    this.#alarm = false;
  }

  /** The line asks for no more scores. */
  stop(): void {
    this.#endScores();
  }

  /** Lets the other model look at a frame when there is time. Never rejects. */
  async frame(frame: LineFrame): Promise<void> {
    const [pair, candidate] = [this.#pair, this.#candidate()];
    if (pair === undefined || candidate === undefined) return;
    const { line } = this.#options;
    const other = frame.answeredBy === 'primary' ? candidate : line.primary;
    const confidence = this.#confidenceOf(frame);
    const limits = this.#limitsOf(frame, pair);
    const asked = frame.answeredBy === 'primary' ? 'candidate' : 'primary';
    const lowest = Math.min(...pair.primary.classNames.map(limits[asked])) - COMPARE_DEFAULTS.margin;
    const lowered = Math.max(0, this.reviewing === undefined ? lowest : Math.min(lowest, SEEN_FROM));
    const scores = line.scoresOf(frame.id);
    const offered = { ...frame, confidence: lowered, scores: scores !== undefined };
    const outcome = await this.#runner.offer(offered, other);
    // another candidate, or another phase, may have begun meanwhile
    if (typeof outcome === 'string' || pair !== this.#pair) return;
    this.#compared(pair, { ...frame, confidence, limits, scores }, outcome);
  }

  /** The threshold of a comparison: the one that was set, but the line's answers begin at its own. */
  #confidenceOf({ confidence: asked }: LineFrame): number {
    const { confidence: set } = this.#options.settings;
    return set === undefined ? (asked ?? this.#ownConfidence) : Math.max(set, asked ?? 0);
  }

  /** What counts of each model's findings: a model that brings thresholds per class is compared at these. */
  #limitsOf({ confidence: asked }: LineFrame, { primary, candidate }: ModelPair): PairLimits {
    const { confidence: set } = this.#options.settings;
    const of = (model: ModelInfo) => limitOf(model, asked, set, this.#ownConfidence);
    return { primary: of(primary), candidate: of(candidate) };
  }

  /** Only of frames that the candidate is about to look at: the line is to pay for no others. */
  #wantsScores(frameId: string): boolean {
    return this.#pair?.comparesTensors === true && this.#candidate() !== undefined && this.#runner.wants(frameId);
  }

  /** One more frame: alarm, decision, a report now and then. */
  #compared(pair: ModelPair, line: LineFrame, outcome: DetectOutcome): void {
    const { threshold, reportFrames } = this.#options.settings;
    const { noticed, judged, disputed, warned } = this.#listener;
    if (outcome.inspected) {
      void this.reviewing?.compared(line, pair.seen(line, outcome), line.size ?? outcome.image);
      pair.answered(line, outcome).saved.then((record) => record && disputed(record, line), warned);
    } else if (line.answeredBy === 'primary' && OWN_FAULT.has(outcome.reason)) pair.failed();
    const { judgement, disagreement } = pair;
    const alarm = passesThreshold(disagreement, threshold);
    if (alarm !== this.#alarm) {
      this.#alarm = alarm;
      const text = `The models disagree about ${disagreement.count} of ${disagreement.of} frames`;
      noticed(alarm ? 'alarm' : 'alarm over', text);
    }
    if (judgement.decision !== 'keep' && judgement.decision !== this.#told) {
      this.#told = judgement.decision;
      noticed('decision', judgement.reason);
    } else if (judgement.frames % reportFrames === 0) noticed('progress', judgement.reason);
    judged(judgement);
  }
}
