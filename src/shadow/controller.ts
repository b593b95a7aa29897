import { EventEmitter } from 'node:events';
import type { Verdict } from '../alert/verdict';
import type { DetectOutcome, ModelInfo } from '../detector/api';
import { InspectionError, messageOf } from '../errors';
import { otherSlot } from '../model/slots/layout';
import { COMPARE_DEFAULTS } from './compare';
import { SHADOW_DEFAULTS, TICK_MS, type ControllerOptions, type ShadowSettings } from './controller-options';
import type { DisputedRecord } from './disputed-record';
import { DisputedStore } from './disputed-store';
import type { LineHealth } from './health';
import { LineSwitch } from './line-switch';
import { ModelPair, type LineFrame } from './pair';
import { nextPhase, type Phase, type ShadowCommand } from './phases';
import { identityOf, passesThreshold, type ReportEvent, type ShadowReport } from './report';
import { ShadowRunner } from './shadow-runner';
import { ownConfidence } from './own-confidence';
import { NO_BASELINE, TrialWindow } from './trial-window';

/** A part as the line ended it; `frame` is there when it was inspected. */
export interface LinePart {
  verdict: Verdict;
  latencyMs: number | undefined;
  frame: LineFrame | undefined;
}

interface ControllerEvents {
  report: [ShadowReport];
  disputed: [DisputedRecord, LineFrame];
}

/** Reasons of a candidate's failing that are its own fault. */
const OWN_FAULT: ReadonlySet<string> = new Set(['detector restarted', 'timeout', 'model not available']);
/** Phases in which another candidate may begin. */
const FREE: ReadonlySet<Phase> = new Set(['idle', 'shadow', 'confirmed', 'reverted', 'rejected']);

/**
 * Takes a candidate through its life: shadow, canary, promoted, confirmed or reverted. Nothing here can hold the line
 * up: what fails is reported, and the line goes on with the model it has. Everything that changes the state runs in one
 * queue, in the order in which it was asked for.
 */
export class ShadowController extends EventEmitter<ControllerEvents> {
  readonly #options: ControllerOptions;
  readonly #settings: ShadowSettings;
  readonly #runner: ShadowRunner;
  readonly #disputed: DisputedStore | undefined;
  readonly #switch: LineSwitch;
  readonly #window: TrialWindow;
  #phase: Phase = 'idle';
  #pair: ModelPair | undefined;
  #alarm = false;
  #decided = false;
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stamp = '';
  #ownConfidence = COMPARE_DEFAULTS.confidence;
  readonly #endScores: () => void;
  #closed = false;
  #lastWarning = '';
  /** The step that is under way by itself: every frame until then leads to the same one. */
  #asked = '';

  constructor(options: ControllerOptions) {
    super();
    const settings = { ...SHADOW_DEFAULTS, ...options.settings };
    const { sample, runner, canaryShare, disputedFolder, disputedItems, disputedBytes } = settings;
    this.#options = options;
    this.#settings = settings;
    this.#runner = new ShadowRunner(options.line, { ...runner, sample, allowed: options.allowed });
    this.#switch = new LineSwitch(options, canaryShare);
    this.#window = new TrialWindow(settings.health, options.now ?? Date.now);
    this.#endScores = options.line.keepScores((id) => this.#wantsScores(id));
    if (disputedFolder !== undefined) {
      this.#disputed = new DisputedStore(disputedFolder, { maxItems: disputedItems, maxBytes: disputedBytes });
    }
  }

  get phase(): Phase {
    return this.#phase;
  }

  /**
   * Waits for the line's model, puts the station in order, then verifies the candidate and starts it.
   *
   * @throws InspectionError with the reason when the candidate is refused; the line is not affected
   */
  start(): Promise<void> {
    return this.#inTurn(() => this.#start());
  }

  /** Frees everything; the line keeps the model it has. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#endScores();
    this.#options.line.setRoute(undefined);
    await this.#queue;
    await this.#switch.endCandidate();
  }

  /** Takes note of a part, and lets the candidate look at it when there is time. Never rejects. */
  async part({ verdict, latencyMs, frame }: LinePart): Promise<void> {
    this.#window.add(verdict, latencyMs);
    const [pair, candidate] = [this.#pair, this.#switch.candidate];
    if (frame === undefined || pair === undefined || candidate === undefined) return;
    const other = frame.answeredBy === 'primary' ? candidate : this.#options.line.primary;
    const confidence = this.#confidenceOf(frame);
    const lowered = Math.max(0, confidence - COMPARE_DEFAULTS.margin);
    const scores = this.#options.line.scoresOf(frame.id);
    const offered = { ...frame, confidence: lowered, scores: scores !== undefined };
    const outcome = await this.#runner.offer(offered, other);
    // another candidate, or another phase, may have begun meanwhile
    if (typeof outcome === 'string' || pair !== this.#pair) return;
    this.#compared(pair, { ...frame, confidence, scores }, outcome);
  }

  /** The threshold of a comparison: the one that was set, but the line's answers begin at its own. */
  #confidenceOf({ confidence: asked }: LineFrame): number {
    const { confidence: set } = this.#settings;
    return set === undefined ? (asked ?? this.#ownConfidence) : Math.max(set, asked ?? 0);
  }

  /** Who answered for a frame on the line. */
  answererOf(frameId: string): LineFrame['answeredBy'] {
    return this.#switch.canary.hasAnswered(frameId) ? 'candidate' : 'primary';
  }

  /** Carries out a command. @throws InspectionError when it makes no sense now, or did not work */
  command(command: ShadowCommand, reason = 'on command'): Promise<void> {
    return this.#inTurn(() => this.#carryOut(command, reason));
  }

  /** Begins anew with another candidate. @throws InspectionError with the reason when it is refused */
  tryCandidate(path: string | undefined): Promise<void> {
    return this.#inTurn(async () => {
      if (!FREE.has(this.#phase)) {
        throw new InspectionError(
          'BAD_ARGUMENT',
          `Expected a phase without a trial for a new candidate but received ${this.#phase}`,
        );
      }
      await this.#beginShadow(path);
    });
  }

  /** Sends a report of how things stand. */
  report(event: ReportEvent = 'status', text = this.#pair?.judgement.reason ?? 'There is no candidate'): Promise<void> {
    return this.#say(event, text);
  }

  /** Only of frames that the candidate is about to look at: the line is to pay for no others. */
  #wantsScores(frameId: string): boolean {
    const comparable = this.#switch.candidate !== undefined && this.#pair?.comparesTensors === true;
    return comparable && this.#runner.wants(frameId);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      if (this.#closed) return;
      await work();
      this.#stamp = await this.#switch.stamp();
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #start(): Promise<void> {
    const { linePath, candidate } = this.#options;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
    const station = await this.#switch.start();
    this.#ownConfidence = await ownConfidence(station?.chosen?.folder ?? linePath);
    if (station?.pointer?.state === 'trial') {
      return this.#onTrial('The trial goes on after a restart', (await this.#switch.baseline()) ?? NO_BASELINE);
    }
    await this.#beginShadow(candidate);
  }

  /** Draws the conclusions from one more frame: alarm, decision, the next phase, a report now and then. */
  #compared(pair: ModelPair, line: LineFrame, outcome: DetectOutcome): void {
    if (outcome.inspected) {
      pair.answered(line, outcome).saved.then(
        (record) => record && this.emit('disputed', record, line),
        (error: unknown) => this.#warn(error),
      );
    } else if (line.answeredBy === 'primary' && OWN_FAULT.has(outcome.reason)) pair.failed();
    const { judgement, disagreement } = pair;
    const alarm = passesThreshold(disagreement, this.#settings.threshold);
    if (alarm !== this.#alarm) {
      this.#alarm = alarm;
      const text = `The models disagree about ${disagreement.count} of ${disagreement.of} frames`;
      void this.#say(alarm ? 'alarm' : 'alarm over', text);
    }
    if (judgement.decision !== 'keep' && !this.#decided) {
      this.#decided = true;
      void this.#say('decision', judgement.reason);
    } else if (judgement.frames % this.#settings.reportFrames === 0) void this.#say('progress', judgement.reason);
    if (judgement.decision === 'reject') this.#byItself('reject', judgement.reason);
    if (judgement.decision === 'promote' && this.#settings.automatic) this.#moveOn(judgement.reason);
  }

  #moveOn(reason: string): void {
    const { canaryShare, canaryParts } = this.#settings;
    if (this.#phase === 'shadow' && canaryShare > 0) this.#byItself('canary', reason);
    else if (this.#phase === 'shadow' || this.#switch.canary.answered >= canaryParts) this.#byItself('promote', reason);
  }

  /** A command that nobody gave: it is dropped when the phase is another one by the time it has its turn. */
  #byItself(command: ShadowCommand, reason: string): void {
    const phase = this.#phase;
    if (this.#asked === `${phase} ${command}`) return;
    this.#asked = `${phase} ${command}`;
    const carriedOut = this.#inTurn(async () => {
      if (this.#phase === phase) await this.#carryOut(command, reason);
    });
    void carriedOut.catch((error: unknown) => this.#warn(error)).finally(() => (this.#asked = ''));
  }

  async #carryOut(command: ShadowCommand, reason: string): Promise<void> {
    const next = nextPhase(this.#phase, command);
    const ways: Partial<Record<Phase, () => Promise<void>>> = {
      shadow: () => this.#switch.endCanary(),
      canary: () => this.#switch.beginCanary(() => void this.#pair?.failed()),
      promoted: () => this.#promote(reason),
      confirmed: () => this.#switch.confirm(reason),
      reverted: () => this.#revert(reason),
      rejected: () => this.#switch.reject(reason),
    };
    await ways[next]?.();
    // a swap has told of itself, with the models' names
    if (next !== this.#phase) await this.#enter(next, reason);
  }

  async #enter(phase: Phase, text: string): Promise<void> {
    this.#phase = phase;
    if (phase !== 'promoted') this.#window.end();
    await this.#say('phase', text);
  }

  async #beginShadow(path: string | undefined): Promise<void> {
    const candidate = await this.#switch.beginShadow(path);
    if (candidate === undefined) return this.#enter('idle', 'There is no candidate');
    const primary = this.#switch.primary as ModelInfo;
    const { judge, confidence = this.#ownConfidence } = this.#settings;
    const compare = { ...COMPARE_DEFAULTS, confidence };
    this.#pair = new ModelPair({ primary, candidate, compare, judge, disputed: this.#disputed });
    this.#decided = false;
    this.#alarm = false;
    await this.#enter(
      'shadow',
      `${candidate.name} ${candidate.version} runs beside ${primary.name} ${primary.version}`,
    );
  }

  async #promote(reason: string): Promise<void> {
    const before = this.#window.figures;
    const { name, version } = await this.#switch.promote(reason, before);
    await this.#onTrial(`${name} ${version} took over: ${reason}`, before);
  }

  async #onTrial(text: string, before: LineHealth): Promise<void> {
    this.#window.begin(before, this.#options.line.stats().restarts);
    await this.#enter('promoted', text);
  }

  async #revert(reason: string): Promise<void> {
    await this.#switch.revert(reason);
    this.#window.begin(undefined, 0);
    await this.#enter('reverted', reason);
  }

  #tick(): void {
    const health = this.#window.health(this.#options.line.stats().restarts);
    if (health?.state === 'unhealthy') this.#byItself('revert', health.reason);
    if (health?.state === 'healthy') this.#byItself('confirm', health.reason);
    const followed = this.#inTurn(async () => {
      if ((await this.#switch.stamp()) !== this.#stamp) await this.#follow();
    });
    followed.catch((error: unknown) => this.#warn(error));
  }

  /** Somebody changed the slots, by the command line: the line follows. */
  async #follow(): Promise<void> {
    const before = this.#window.figures;
    const moved = await this.#switch.followSlot();
    const station = await this.#switch.state();
    const pointer = station?.pointer;
    if (station === undefined || pointer === undefined) return;
    const by = 'by the command line';
    if (moved && pointer.state === 'trial') {
      await this.#switch.keepBaseline(before);
      return this.#onTrial(`Promoted ${by}`, before);
    }
    if (moved) {
      this.#window.begin(undefined, 0);
      return this.#enter('reverted', `Reverted ${by}`);
    }
    if (this.#phase === 'promoted' && pointer.state === 'confirmed') return this.#enter('confirmed', `Confirmed ${by}`);
    const other = station.slots[otherSlot(pointer.slot)];
    const isOurs = other.manifest?.sha256 === this.#pair?.candidate.sha256;
    if (other.role === 'rejected' && isOurs && ['shadow', 'canary'].includes(this.#phase)) {
      await this.#switch.endCandidate();
      return this.#enter('rejected', `Rejected ${by}`);
    }
    const isNew = other.role === 'candidate' && !(isOurs && this.#switch.candidate !== undefined);
    if (isNew && FREE.has(this.#phase)) await this.#beginShadow(other.folder);
  }

  /** The same trouble again and again is told once. */
  #warn(error: unknown): void {
    const text = messageOf(error);
    if (text !== this.#lastWarning) void this.#say('warning', text);
    this.#lastWarning = text;
  }

  async #say(event: ReportEvent, text: string): Promise<void> {
    if (this.#closed) return;
    const pair = this.#pair;
    const { answered, fellBack } = this.#switch.canary;
    const { decision = 'keep', reason = '', label, frames = 0 } = pair?.judgement ?? {};
    // a folder that cannot be read is told about when a frame is to be saved
    const disputed = (await this.#disputed?.usage().catch(() => null)) ?? null;
    this.emit('report', {
      event,
      text,
      phase: this.#phase,
      primary: identityOf(this.#switch.primary),
      candidate: identityOf(pair?.candidate),
      persistent: this.#switch.persistent,
      decision,
      reason,
      label,
      frames,
      statistics: pair?.statistics ?? null,
      threshold: this.#settings.threshold,
      alarm: this.#alarm,
      shadow: this.#runner.counters,
      canary: { share: this.#settings.canaryShare, answered, fellBack },
      health: this.#window.health(this.#options.line.stats().restarts),
      disputed,
    });
  }
}
