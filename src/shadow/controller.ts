import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Verdict } from '../alert/verdict';
import type { DetectOutcome, DetectorLike, ModelInfo } from '../detector/api';
import { InspectionError, messageOf } from '../errors';
import { readManifest } from '../model/manifest';
import { checkCompatible } from '../model/slots/verify';
import { Canary } from './canary';
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
import { HealthTally, judgeHealth, type HealthState } from './health';
import { ModelPair, type LineFrame } from './pair';
import { nextPhase, type Phase, type ShadowCommand } from './phases';
import { passesThreshold, type ReportEvent, type ShadowReport } from './report';
import { ShadowRunner } from './shadow-runner';
import { LooseModels, trialModels, type TrialModels } from './trial-models';

/** A part as the line ended it; `frame` is there when it was inspected. */
export interface LinePart {
  verdict: Verdict;
  latencyMs: number | undefined;
  frame: LineFrame | undefined;
}

/** Reasons of a candidate's failing that are its own fault. */
const OWN_FAULT: ReadonlySet<string> = new Set(['detector restarted', 'timeout', 'model not available']);

/**
 * Takes one candidate through its life: shadow, canary, promoted, confirmed or reverted. Nothing here can hold the line
 * up: what fails is reported, and the line goes on with the model it has.
 */
export class ShadowController extends EventEmitter<{
  report: [ShadowReport];
  disputed: [DisputedRecord, LineFrame];
}> {
  readonly #options: ControllerOptions;
  readonly #settings: ShadowSettings;
  readonly #runner: ShadowRunner;
  readonly #disputed: DisputedStore | undefined;
  readonly #canary: Canary;
  #models: TrialModels = new LooseModels('');
  #phase: Phase = 'idle';
  #primary: ModelInfo | undefined;
  #candidate: DetectorLike | undefined;
  #candidatePath: string | undefined;
  #pair: ModelPair | undefined;
  #alarm = false;
  #decided = false;
  #tally = new HealthTally();
  #trial: { before: HealthTally; startedMs: number; restartsBefore: number } | undefined;
  #commands: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #confidence = COMPARE_DEFAULTS.confidence;
  #closed = false;

  constructor(options: ControllerOptions) {
    super();
    this.#options = options;
    this.#settings = { ...SHADOW_DEFAULTS, ...options.settings };
    const { sample, runner, disputedFolder, disputedItems, disputedBytes } = this.#settings;
    this.#runner = new ShadowRunner(options.line, { ...runner, sample, allowed: options.allowed });
    this.#canary = new Canary(this.#settings.canaryShare);
    this.#disputed =
      disputedFolder === undefined
        ? undefined
        : new DisputedStore(disputedFolder, { maxItems: disputedItems, maxBytes: disputedBytes });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /**
   * Waits for the line's model, then verifies the candidate and starts it.
   *
   * @throws InspectionError with the reason when the candidate is refused; the line is not affected
   */
  async start(): Promise<void> {
    const { line, linePath, candidate, publicKeyPem } = this.#options;
    this.#primary = await line.start();
    this.#models = await trialModels(linePath, publicKeyPem);
    this.#confidence =
      this.#settings.confidence ?? (await ownConfidence(linePath, this.#models)) ?? COMPARE_DEFAULTS.confidence;
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
    this.#timer.unref();
    const station = await this.#models.state();
    if (station?.pointer?.state === 'trial') return this.#beginWindow('The trial goes on after a restart');
    const { classNames, input } = this.#primary;
    const path = await this.#models.prepare(candidate, { classNames, input, publicKeyPem });
    if (path === undefined) return this.#say('phase', 'There is no candidate');
    await this.#beginShadow(path);
  }

  /** Frees everything; the line keeps the model it has. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#options.line.setRoute(undefined);
    await this.#commands;
    await this.#endCandidate();
  }

  /** Takes note of a part, and lets the candidate look at it when there is time. Never rejects. */
  async part({ verdict, latencyMs, frame }: LinePart): Promise<void> {
    this.#tally.add(verdict, latencyMs);
    if (frame === undefined || (this.#phase !== 'shadow' && this.#phase !== 'canary')) return;
    const [pair, candidate] = [this.#pair, this.#candidate];
    if (pair === undefined || candidate === undefined) return;
    const other = frame.answeredBy === 'primary' ? candidate : this.#options.line.primary;
    const { confidence = this.#confidence } = frame;
    const lowered = Math.max(0, confidence - COMPARE_DEFAULTS.margin);
    const outcome = await this.#runner.offer({ ...frame, confidence: lowered }, other);
    if (typeof outcome === 'string' || pair !== this.#pair) return;
    this.#compared(pair, { ...frame, confidence }, outcome);
  }

  /** Carries out a command; commands wait for each other. @throws InspectionError when it makes no sense now */
  command(command: ShadowCommand, reason = 'on command'): Promise<void> {
    const done = this.#commands.then(() => this.#carryOut(command, reason));
    this.#commands = done.catch(() => undefined);
    return done;
  }

  /** Sends a report of how things stand. */
  async report(event: ReportEvent = 'status', text = this.#pair?.judgement.reason ?? 'There is no candidate') {
    await this.#say(event, text);
  }

  #compared(pair: ModelPair, line: LineFrame, outcome: DetectOutcome): void {
    if (outcome.inspected) {
      const { saved } = pair.answered(line, outcome);
      saved.then(
        (record) => record && this.emit('disputed', record, line),
        (error: unknown) => void this.#say('warning', messageOf(error)),
      );
    } else if (line.answeredBy === 'primary' && OWN_FAULT.has(outcome.reason)) pair.failed();
    this.#draw(pair);
  }

  /** Draws the conclusions from one more frame: alarm, decision, the next phase, a report now and then. */
  #draw(pair: ModelPair): void {
    const { judgement, statistics } = pair;
    const alarm = passesThreshold(statistics.disagreement, this.#settings.threshold);
    if (alarm !== this.#alarm) {
      this.#alarm = alarm;
      const { count, of } = statistics.disagreement;
      void this.#say(alarm ? 'alarm' : 'alarm over', `The models disagree about ${count} of ${of} frames`);
    }
    if (judgement.decision !== 'keep' && !this.#decided) {
      this.#decided = true;
      void this.#say('decision', judgement.reason);
    }
    if (judgement.decision === 'reject') this.#byItself('reject', judgement.reason);
    else if (judgement.decision === 'promote' && this.#settings.automatic) this.#moveOn(judgement.reason);
    else if (judgement.frames % this.#settings.reportFrames === 0) void this.#say('progress', judgement.reason);
  }

  #moveOn(reason: string): void {
    const { canaryShare, canaryParts } = this.#settings;
    if (this.#phase === 'shadow' && canaryShare > 0) this.#byItself('canary', reason);
    else if (this.#phase === 'shadow' || this.#canary.answered >= canaryParts) this.#byItself('promote', reason);
  }

  /** A command that nobody gave; it may come too late, after a person's. */
  #byItself(command: ShadowCommand, reason: string): void {
    const phase = this.#phase;
    const done = this.#commands.then(() => (this.#phase === phase ? this.#carryOut(command, reason) : undefined));
    this.#commands = done.catch((error: unknown) => this.#say('warning', messageOf(error)));
  }

  async #carryOut(command: ShadowCommand, reason: string): Promise<void> {
    const next = nextPhase(this.#phase, command);
    const steps: Record<ShadowCommand, () => Promise<void>> = {
      canary: () => this.#beginCanary(reason),
      promote: () => this.#promote(reason),
      confirm: async () => {
        await this.#models.confirm(reason);
        await this.#enter('confirmed', reason);
      },
      revert: () => (next === 'shadow' ? this.#endCanary(reason) : this.#revert(reason)),
      reject: () => (next === 'reverted' ? this.#revert(reason) : this.#reject(reason)),
    };
    await steps[command]();
  }

  async #enter(phase: Phase, text: string): Promise<void> {
    this.#phase = phase;
    if (phase !== 'promoted') this.#trial = undefined;
    await this.#say('phase', text);
  }

  async #beginShadow(path: string): Promise<void> {
    const primary = this.#primary as ModelInfo;
    this.#candidatePath = path;
    const info = await this.#startCandidate(SHADOW_NICE, 1);
    try {
      checkCompatible(info, primary);
    } catch (error) {
      await this.#endCandidate();
      throw error;
    }
    this.#newPair(primary, info);
    await this.#enter('shadow', `${info.name} ${info.version} runs beside ${primary.name} ${primary.version}`);
  }

  #newPair(primary: ModelInfo, candidate: ModelInfo): void {
    const compare = { ...COMPARE_DEFAULTS, confidence: this.#confidence };
    const { judge } = this.#settings;
    this.#pair = new ModelPair({ primary, candidate, compare, judge, disputed: this.#disputed });
    this.#decided = false;
    this.#alarm = false;
  }

  async #startCandidate(nice: number, threads: number): Promise<ModelInfo> {
    const former = this.#candidate;
    const next = this.#options.createDetector({ model: this.#candidatePath as string, nice, threads });
    try {
      const info = await next.start();
      this.#candidate = next;
      return info;
    } catch (error) {
      await next.stop();
      throw error;
    } finally {
      if (this.#candidate === next) await former?.stop();
    }
  }

  async #endCandidate(): Promise<void> {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    await candidate?.stop();
  }

  /** From here on the candidate answers parts, so it gets the priority and the threads of the line. */
  async #beginCanary(reason: string): Promise<void> {
    await this.#startCandidate(0, this.#options.line.stats().threads);
    this.#options.line.setRoute(
      this.#canary.route(
        () => this.#candidate,
        () => this.#pair?.failed(),
      ),
    );
    await this.#enter('canary', reason);
  }

  async #endCanary(reason: string): Promise<void> {
    this.#options.line.setRoute(undefined);
    await this.#startCandidate(SHADOW_NICE, 1);
    await this.#enter('shadow', reason);
  }

  /**
   * The line warms the candidate up first and takes it over frame by frame; only when that worked the pointer moves. So a
   * model that does not load never becomes the one that a restart begins with.
   */
  async #promote(reason: string): Promise<void> {
    const { line } = this.#options;
    const former = this.#primary;
    const info = await line.reconfigure({ model: this.#candidatePath });
    try {
      await this.#models.promote(reason);
    } catch (error) {
      await line.reconfigure({ model: await this.#runningPath() });
      throw error;
    }
    line.setRoute(undefined);
    await this.#endCandidate();
    this.#primary = info;
    await this.#beginWindow(`${info.name} ${info.version} took over from ${former?.version}: ${reason}`);
  }

  async #runningPath(): Promise<string> {
    const station = await this.#models.state();
    return station?.chosen?.folder ?? this.#options.linePath;
  }

  async #beginWindow(text: string): Promise<void> {
    const restartsBefore = this.#options.line.stats().restarts;
    this.#trial = { before: this.#tally, startedMs: this.#now(), restartsBefore };
    this.#tally = new HealthTally();
    await this.#enter('promoted', text);
  }

  async #revert(reason: string): Promise<void> {
    const { line } = this.#options;
    const path = await this.#models.formerPath();
    if (path === undefined) throw new InspectionError('CHECK_FAILED', 'There is no former model to go back to');
    // the decision is on disk before the swap: a restart in between comes up with the former model
    await this.#models.revert(reason);
    this.#primary = await line.reconfigure({ model: path });
    this.#tally = new HealthTally();
    await this.#enter('reverted', reason);
  }

  async #reject(reason: string): Promise<void> {
    this.#options.line.setRoute(undefined);
    await this.#endCandidate();
    await this.#models.reject(reason);
    await this.#enter('rejected', reason);
  }

  get #health(): HealthState | null {
    if (this.#trial === undefined) return null;
    const { before, startedMs, restartsBefore } = this.#trial;
    const restarts = this.#options.line.stats().restarts - restartsBefore;
    const input = { before: before.current, now: this.#tally.current, restarts, elapsedMs: this.#now() - startedMs };
    return judgeHealth(input, this.#settings.health);
  }

  async #tick(): Promise<void> {
    const health = this.#health;
    if (health?.state === 'unhealthy') this.#byItself('revert', health.reason);
    if (health?.state === 'healthy') this.#byItself('confirm', health.reason);
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  async #say(event: ReportEvent, text: string): Promise<void> {
    if (this.#closed) return;
    const pair = this.#pair;
    const judgement = pair?.judgement;
    const identity = (info: ModelInfo | undefined) =>
      info ? { name: info.name, version: info.version, sha256: info.sha256 } : null;
    const report: ShadowReport = {
      event,
      text,
      phase: this.#phase,
      primary: identity(this.#primary),
      candidate: identity(pair?.candidate),
      persistent: this.#models.persistent,
      decision: judgement?.decision ?? 'keep',
      reason: judgement?.reason ?? '',
      label: judgement?.label,
      frames: judgement?.frames ?? 0,
      statistics: pair?.statistics ?? null,
      threshold: this.#settings.threshold,
      alarm: this.#alarm,
      shadow: this.#runner.counters,
      canary: { share: this.#settings.canaryShare, answered: this.#canary.answered, fellBack: this.#canary.fellBack },
      health: this.#health,
      disputed: (await this.#disputed?.usage()) ?? null,
      meanAbsoluteTensorDifference: null,
    };
    this.emit('report', report);
  }
}

/** The threshold that a model brings along, where it is in a folder with a manifest. */
async function ownConfidence(path: string, models: TrialModels): Promise<number | undefined> {
  const station = await models.state();
  const manifestOf = (folder: string) => readManifest(join(folder, 'manifest.json'));
  try {
    return (await manifestOf(station?.chosen?.folder ?? path)).thresholds?.confidence;
  } catch {
    return undefined;
  }
}
