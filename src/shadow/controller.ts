import { EventEmitter } from 'node:events';
import type { Verdict } from '../alert/verdict';
import type { DetectOutcome, ModelInfo } from '../detector/api';
import { InspectionError, messageOf } from '../errors';
import { otherSlot } from '../model/slots/layout';
import { checkCompatible } from '../model/slots/verify';
import { Canary } from './canary';
import { CandidateProcess } from './candidate-process';
import { COMPARE_DEFAULTS } from './compare';
import {
  SHADOW_DEFAULTS,
  SHADOW_NICE,
  TICK_MS,
  type ControllerOptions,
  type ShadowSettings,
} from './controller-options';
import type { DisputedRecord } from './disputed-record';
import { DisputedStore } from './disputed-store';
import type { LineHealth } from './health';
import { ModelPair, type LineFrame } from './pair';
import { nextPhase, type Phase, type ShadowCommand } from './phases';
import { identityOf, passesThreshold, type ReportEvent, type ShadowReport } from './report';
import { ShadowRunner } from './shadow-runner';
import { ownConfidence } from './own-confidence';
import { LooseModels, trialModels, type TrialModels } from './trial-models';
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
  readonly #canary: Canary;
  readonly #candidate: CandidateProcess;
  readonly #window: TrialWindow;
  #models: TrialModels = new LooseModels('');
  #phase: Phase = 'idle';
  #primary: ModelInfo | undefined;
  #candidatePath = '';
  #pair: ModelPair | undefined;
  #alarm = false;
  #decided = false;
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stamp = '';
  #confidence = COMPARE_DEFAULTS.confidence;
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
    this.#canary = new Canary(canaryShare);
    this.#candidate = new CandidateProcess(options.createDetector);
    this.#window = new TrialWindow(settings.health, options.now ?? Date.now);
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
    this.#options.line.setRoute(undefined);
    await this.#queue;
    await this.#candidate.stop();
  }

  /** Takes note of a part, and lets the candidate look at it when there is time. Never rejects. */
  async part({ verdict, latencyMs, frame }: LinePart): Promise<void> {
    this.#window.add(verdict, latencyMs);
    const [pair, candidate] = [this.#pair, this.#candidate.detector];
    if (frame === undefined || pair === undefined || candidate === undefined) return;
    const other = frame.answeredBy === 'primary' ? candidate : this.#options.line.primary;
    const { confidence = this.#confidence } = frame;
    const lowered = Math.max(0, confidence - COMPARE_DEFAULTS.margin);
    const outcome = await this.#runner.offer({ ...frame, confidence: lowered }, other);
    // another candidate, or another phase, may have begun meanwhile
    if (typeof outcome === 'string' || pair !== this.#pair) return;
    this.#compared(pair, { ...frame, confidence }, outcome);
  }

  /** Who answered for a frame on the line. */
  answererOf(frameId: string): LineFrame['answeredBy'] {
    return this.#canary.hasAnswered(frameId) ? 'candidate' : 'primary';
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

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(async () => {
      if (this.#closed) return;
      await work();
      this.#stamp = await this.#models.stamp();
    });
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #start(): Promise<void> {
    const { line, linePath, candidate, publicKeyPem } = this.#options;
    this.#primary = await line.start();
    this.#models = await trialModels(linePath, publicKeyPem);
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
    const station = await this.#models.begin();
    await this.#followSlot();
    this.#confidence = this.#settings.confidence ?? (await ownConfidence(station?.chosen?.folder ?? linePath));
    if (station?.pointer?.state === 'trial') {
      return this.#onTrial('The trial goes on after a restart', (await this.#models.baseline()) ?? NO_BASELINE);
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
    else if (this.#phase === 'shadow' || this.#canary.answered >= canaryParts) this.#byItself('promote', reason);
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
      shadow: () => this.#endCanary(reason),
      canary: () => this.#beginCanary(reason),
      promoted: () => this.#promote(reason),
      confirmed: () => this.#confirm(reason),
      reverted: () => this.#revert(reason),
      rejected: () => this.#reject(reason),
    };
    await ways[next]?.();
  }

  async #enter(phase: Phase, text: string): Promise<void> {
    this.#phase = phase;
    if (phase !== 'promoted') this.#window.end();
    await this.#say('phase', text);
  }

  async #beginShadow(candidate: string | undefined): Promise<void> {
    const { publicKeyPem } = this.#options;
    const primary = this.#primary as ModelInfo;
    const path = await this.#models.prepare(candidate, { ...primary, publicKeyPem });
    if (path === undefined) return this.#enter('idle', 'There is no candidate');
    this.#candidatePath = path;
    const info = await this.#candidate.start({ model: path, nice: SHADOW_NICE, threads: 1 });
    try {
      checkCompatible(info, primary);
    } catch (error) {
      await this.#candidate.stop();
      throw error;
    }
    const compare = { ...COMPARE_DEFAULTS, confidence: this.#confidence };
    const { judge } = this.#settings;
    this.#pair = new ModelPair({ primary, candidate: info, compare, judge, disputed: this.#disputed });
    this.#decided = false;
    this.#alarm = false;
    await this.#enter('shadow', `${info.name} ${info.version} runs beside ${primary.name} ${primary.version}`);
  }

  /** From here on the candidate answers parts, so it gets the priority and the threads of the line. */
  async #beginCanary(reason: string): Promise<void> {
    const { line } = this.#options;
    await this.#candidate.start({ model: this.#candidatePath, nice: 0, threads: line.stats().threads });
    const failed = () => void this.#pair?.failed();
    line.setRoute(this.#canary.route(() => this.#candidate.detector, failed));
    await this.#enter('canary', reason);
  }

  async #endCanary(reason: string): Promise<void> {
    this.#options.line.setRoute(undefined);
    await this.#candidate.start({ model: this.#candidatePath, nice: SHADOW_NICE, threads: 1 });
    await this.#enter('shadow', reason);
  }

  /**
   * The line warms the candidate up first and takes it over frame by frame; only when that worked the pointer moves. So a
   * model that does not load never becomes the one that a restart begins with.
   */
  async #promote(reason: string): Promise<void> {
    const { line, linePath } = this.#options;
    const info = await line.reconfigure({ model: this.#candidatePath });
    const before = this.#window.figures;
    try {
      await this.#models.promote(reason, before);
    } catch (error) {
      await line.reconfigure({ model: (await this.#models.state())?.chosen?.folder ?? linePath });
      throw error;
    }
    await this.#endCandidate();
    this.#primary = info;
    await this.#onTrial(`${info.name} ${info.version} took over: ${reason}`, before);
  }

  async #onTrial(text: string, before: LineHealth): Promise<void> {
    this.#window.begin(before, this.#options.line.stats().restarts);
    await this.#enter('promoted', text);
  }

  async #confirm(reason: string): Promise<void> {
    await this.#models.confirm(reason);
    await this.#enter('confirmed', reason);
  }

  /** The decision is on disk before the swap: a restart in between comes up with the former model. */
  async #revert(reason: string): Promise<void> {
    const path = await this.#models.formerPath();
    if (path === undefined) throw new InspectionError('CHECK_FAILED', 'There is no former model to go back to');
    await this.#models.revert(reason);
    this.#primary = await this.#options.line.reconfigure({ model: path });
    this.#window.begin(undefined, 0);
    await this.#enter('reverted', reason);
  }

  async #reject(reason: string): Promise<void> {
    await this.#endCandidate();
    await this.#models.reject(reason);
    await this.#enter('rejected', reason);
  }

  /** The parts go to the line's own model again, before the candidate's process ends. */
  async #endCandidate(): Promise<void> {
    this.#options.line.setRoute(undefined);
    await this.#candidate.stop();
  }

  #tick(): void {
    const health = this.#window.health(this.#options.line.stats().restarts);
    if (health?.state === 'unhealthy') this.#byItself('revert', health.reason);
    if (health?.state === 'healthy') this.#byItself('confirm', health.reason);
    const followed = this.#inTurn(async () => {
      if ((await this.#models.stamp()) !== this.#stamp) await this.#follow();
    });
    followed.catch((error: unknown) => this.#warn(error));
  }

  /** Brings the line to the model that the station's pointer says. @returns whether it was another one */
  async #followSlot(): Promise<boolean> {
    const station = await this.#models.state();
    const chosen = station?.chosen && station.slots[station.chosen.slot];
    if (chosen?.manifest === undefined || chosen.manifest.sha256 === this.#primary?.sha256) return false;
    await this.#endCandidate();
    this.#primary = await this.#options.line.reconfigure({ model: chosen.folder });
    return true;
  }

  /** Somebody changed the slots, by the command line: the line follows. */
  async #follow(): Promise<void> {
    const before = this.#window.figures;
    const moved = await this.#followSlot();
    const station = await this.#models.state();
    const pointer = station?.pointer;
    if (station === undefined || pointer === undefined) return;
    const by = 'by the command line';
    if (moved && pointer.state === 'trial') return this.#onTrial(`Promoted ${by}`, before);
    if (moved) {
      this.#window.begin(undefined, 0);
      return this.#enter('reverted', `Reverted ${by}`);
    }
    if (this.#phase === 'promoted' && pointer.state === 'confirmed') return this.#enter('confirmed', `Confirmed ${by}`);
    const other = station.slots[otherSlot(pointer.slot)];
    const isOurs = other.manifest?.sha256 === this.#pair?.candidate.sha256;
    if (other.role === 'rejected' && isOurs && ['shadow', 'canary'].includes(this.#phase)) {
      await this.#endCandidate();
      return this.#enter('rejected', `Rejected ${by}`);
    }
    const isNew = other.role === 'candidate' && !(isOurs && this.#candidate.detector !== undefined);
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
    const { answered, fellBack } = this.#canary;
    const { decision = 'keep', reason = '', label, frames = 0 } = pair?.judgement ?? {};
    // a folder that cannot be read is told about when a frame is to be saved
    const disputed = (await this.#disputed?.usage().catch(() => null)) ?? null;
    this.emit('report', {
      event,
      text,
      phase: this.#phase,
      primary: identityOf(this.#primary),
      candidate: identityOf(pair?.candidate),
      persistent: this.#models.persistent,
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
