import { EventEmitter } from 'node:events';
import type { Verdict } from '../../contract/verdict';
import type { ModelInfo } from '../../contract/detector';
import { cameraOf } from '../../contract/frame';
import { expected, InspectionError, messageOf } from '../../contract/errors';
import { otherSlot } from '../../model/slots/layout';
import { Comparison } from './comparison';
import { COMPARE_DEFAULTS } from '../compare/compare';
import { SHADOW_DEFAULTS, TICK_MS, type ControllerOptions, type ShadowSettings } from './controller-options';
import type { Outcome, PeopleDecision } from '../decision/decide';
import type { DisputedRecord } from '../evidence/disputed-record';
import type { LineHealth } from './health';
import { LineSwitch } from './line-switch';
import type { Decision, TrialJudgement } from '../compare/judge';
import type { LineFrame, ModelPair } from './pair';
import { nextPhase, type Phase, type ShadowCommand, type ShadowStep } from './phases';
import { identityOf, type ReportEvent, type ShadowReport } from './shadow-report';
import type { ReviewStore } from '../review/review-store';
import { Reviewing } from './reviewing';
import { ownConfidence } from '../compare/own-confidence';
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

/** Phases in which another candidate may begin. */
const FREE: ReadonlySet<Phase> = new Set(['idle', 'shadow', 'paused', 'confirmed', 'reverted', 'rejected']);

/** What people's answers must say for a promotion. */
const GOOD: ReadonlySet<Outcome> = new Set(['better', 'not worse']);

/** What speaks against a candidate, by decision or phase: who promotes it all the same says why. */
const AGAINST: Partial<Record<Decision | Phase, string>> = {
  different: 'a candidate that differs from the model in use',
  reject: 'a candidate that was found harmful',
  rejected: 'a candidate that was rejected',
};

/**
 * Takes a candidate through its life: shadow, canary, promoted, confirmed or reverted. Nothing here can hold the line
 * up: what fails is reported, and the line goes on with the model it has. Everything that changes the state runs in one
 * queue, in the order in which it was asked for.
 */
export class ShadowController extends EventEmitter<ControllerEvents> {
  readonly #options: ControllerOptions;
  readonly #settings: ShadowSettings;
  readonly #comparison: Comparison;
  readonly #switch: LineSwitch;
  readonly #window: TrialWindow;
  #phase: Phase = 'idle';
  #queue: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stamp = '';
  #ownConfidence = COMPARE_DEFAULTS.confidence;
  #closed = false;
  #lastWarning = '';
  /** Whether nobody asked for the canary that is on. */
  #ownCanary = false;
  #review: ReviewStore | undefined;
  #outcome: Outcome = 'open';
  /** The step that is under way by itself: every frame until then leads to the same one. */
  #asked = '';

  constructor(options: ControllerOptions) {
    super();
    const settings = { ...SHADOW_DEFAULTS, ...options.settings };
    this.#options = options;
    this.#settings = settings;
    const { line, allowed } = options;
    this.#comparison = new Comparison(
      { line, allowed, settings },
      {
        noticed: (event, text) => void this.#say(event, text),
        judged: (judgement) => this.#judged(judgement),
        disputed: (record, frame) => void this.emit('disputed', record, frame),
        warned: (error) => this.#warn(error),
      },
    );
    this.#switch = new LineSwitch(options, settings.canaryShare);
    this.#window = new TrialWindow(settings.health, options.now ?? Date.now);
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** The model in use; undefined until it was read. */
  get primary(): ModelInfo | undefined {
    return this.#switch.primary;
  }

  /** The store of people's answers; undefined before the start, where nobody is asked, or where it could not be opened. */
  get review(): ReviewStore | undefined {
    return this.#review;
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
    this.#comparison.stop();
    this.#options.line.setRoute(undefined);
    await this.#queue;
    await this.#comparison.reviewing?.stop();
    await this.#review?.close();
    await this.#switch.endCandidate();
  }

  /** Takes note of a part, and lets the candidate look at it when there is time. Never rejects. */
  async part({ verdict, latencyMs, frame }: LinePart): Promise<void> {
    this.#window.add(verdict, latencyMs);
    if (frame === undefined || verdict === 'NOT_INSPECTED') return;
    const { partId, capturedAt = new Date().toISOString() } = frame.frame;
    const known = { frameId: frame.id, ...(partId !== undefined && { partId }), time: capturedAt, line: verdict };
    this.#options.parts?.add({ ...known, camera: cameraOf({ source: '', ...frame.frame }) }, (error) =>
      this.#warn(error),
    );
    const { primary, candidate } = this.#switch;
    if (candidate !== undefined) return this.#comparison.frame(frame);
    if (verdict === 'PASS' && primary !== undefined) await this.#comparison.reviewing?.passed(frame, primary);
  }

  /** Who answered for a frame on the line. */
  answererOf(frameId: string): LineFrame['answeredBy'] {
    return this.#switch.canary.hasAnswered(frameId) ? 'candidate' : 'primary';
  }

  /**
   * Carries out a person's command.
   *
   * @param reason why, in the person's words; a candidate that differs, or is harmful, is promoted with one only
   * @param by what the journal says where no reason is given
   * @throws InspectionError when it makes no sense now, lacks the reason, or did not work
   */
  command(command: ShadowCommand, reason?: string, by = 'on command'): Promise<void> {
    return this.#inTurn(async () => {
      nextPhase(this.#phase, command);
      const decision = this.#pair?.judgement.decision ?? 'keep';
      // people have said that the difference is for the better, or does no harm
      const settled = decision === 'different' && GOOD.has(this.#outcome);
      const against = (settled ? undefined : AGAINST[decision]) ?? AGAINST[this.#phase];
      if (command === 'promote' && reason === undefined && against !== undefined) {
        throw expected('a reason', 'promote', `none, for ${against}`);
      }
      await this.#carryOut(command, reason ?? by);
      this.#ownCanary = false;
    });
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
  report(): Promise<void> {
    return this.#say('status', this.#statusText);
  }

  get #pair(): ModelPair | undefined {
    return this.#comparison.pair;
  }

  get #statusText(): string {
    return this.#pair?.judgement.reason ?? 'There is no candidate';
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
    await this.#openReview();
    // a deploy may have come meanwhile: the line's model is being stopped, and asking for it would start it again for good
    if (this.#closed) return;
    const station = await this.#switch.start();
    this.#ownConfidence = await ownConfidence(station?.chosen?.folder ?? linePath);
    if (station?.pointer?.state === 'trial') {
      return this.#onTrial('The trial goes on after a restart', (await this.#switch.baseline()) ?? NO_BASELINE);
    }
    await this.#beginShadow(candidate);
  }

  async #openReview(): Promise<void> {
    const { openReview, line } = this.#options;
    const { runner, auditRate, decision } = this.#settings;
    if (openReview === undefined) return;
    try {
      this.#review = await openReview();
    } catch (error) {
      // the line and the trial go on; people are not asked
      return this.#warn(error);
    }
    const warned = (error: unknown) => this.#warn(error);
    const judged = (found: PeopleDecision) => void this.#answered(found).catch(warned);
    const options = { line, runner, auditRate, decision, warned, judged };
    this.#comparison.reviewing = new Reviewing(this.#review, options);
  }

  /** Draws the conclusions from what people said so far. */
  async #answered({ outcome }: PeopleDecision): Promise<void> {
    const changed = outcome !== this.#outcome;
    this.#outcome = outcome;
    if (this.#phase !== 'shadow' && this.#phase !== 'canary') return;
    if (changed && outcome !== 'open') {
      const people = await this.#comparison.reviewing?.report();
      await this.#say('decision', people?.text ?? outcome);
    }
    if (this.#settings.automatic) await this.#actOnAnswers();
  }

  /** What answers lead to by themselves. A candidate that is harmful beyond doubt is for a person, whatever the answers say. */
  async #actOnAnswers(): Promise<void> {
    const acts = this.#outcome === 'worse' || GOOD.has(this.#outcome);
    if (!acts || this.#pair?.judgement.decision === 'reject') return;
    const reason = (await this.#comparison.reviewing?.report())?.text ?? '';
    if (this.#outcome === 'worse') this.#byItself('reject', reason);
    else this.#moveOn(reason);
  }

  /** Draws the conclusions from one more frame. */
  #judged({ decision, reason }: TrialJudgement): void {
    // (a frame that was under way when the trial ended)
    if (this.#phase !== 'shadow' && this.#phase !== 'canary') return;
    const { automatic } = this.#settings;
    if (decision === 'reject') this.#byItself(automatic ? 'reject' : 'pause', reason);
    // the canary was begun for a likeness that turned out not to be: a person is asked before more parts depend on it
    if (decision === 'different' && this.#ownCanary && !GOOD.has(this.#outcome)) this.#byItself('revert', reason);
    // what people say outweighs likeness
    if (automatic && GOOD.has(this.#outcome)) void this.#actOnAnswers().catch((error: unknown) => this.#warn(error));
    else if (decision === 'promote' && automatic && this.#outcome === 'open') this.#moveOn(reason);
  }

  #moveOn(reason: string): void {
    const { canaryShare, canaryParts } = this.#settings;
    if (this.#phase === 'shadow' && canaryShare > 0) this.#byItself('canary', reason);
    else if (this.#phase === 'shadow' || this.#switch.canary.answered >= canaryParts) this.#byItself('promote', reason);
  }

  /** A command that nobody gave: it is dropped when the phase is another one by the time it has its turn. */
  #byItself(command: ShadowStep, reason: string): void {
    const phase = this.#phase;
    if (this.#asked === `${phase} ${command}`) return;
    this.#asked = `${phase} ${command}`;
    const carriedOut = this.#inTurn(async () => {
      if (this.#phase !== phase) return;
      await this.#carryOut(command, reason);
      this.#ownCanary = command === 'canary';
    });
    void carriedOut.catch((error: unknown) => this.#warn(error)).finally(() => (this.#asked = ''));
  }

  async #carryOut(command: ShadowStep, reason: string): Promise<void> {
    const next = nextPhase(this.#phase, command);
    const ways: Partial<Record<Phase, () => Promise<void>>> = {
      shadow: () => this.#switch.endCanary(),
      canary: () => this.#switch.beginCanary(() => void this.#pair?.failed()),
      paused: () => this.#switch.endCandidate(),
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
    this.#comparison.begin({ primary, candidate }, () => this.#switch.candidate, this.#ownConfidence);
    this.#outcome = 'open';
    await this.#comparison.reviewing?.begin({ primary, candidate });
    await this.#enter(
      'shadow',
      `${candidate.name} ${candidate.version} runs beside ${primary.name} ${primary.version}`,
    );
  }

  async #promote(reason: string): Promise<void> {
    const before = this.#window.figures;
    const { name, version } = await this.#switch.promote(reason, before, this.#phase === 'rejected');
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
    if (other.role === 'rejected' && isOurs && ['shadow', 'canary', 'paused'].includes(this.#phase)) {
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
    const report = await this.current(event, text);
    if (!this.#closed) this.emit('report', report);
  }

  /** How things stand, without sending it. */
  async current(event: ReportEvent = 'status', text = this.#statusText): Promise<ShadowReport> {
    const pair = this.#pair;
    const { answered, fellBack } = this.#switch.canary;
    const { decision = 'keep', reason = '', label, frames = 0, differences = [] } = pair?.judgement ?? {};
    const disputed = await this.#comparison.evidence();
    return {
      event,
      text,
      phase: this.#phase,
      primary: identityOf(this.#switch.primary),
      candidate: identityOf(pair?.candidate),
      persistent: this.#switch.persistent,
      decision,
      reason,
      label,
      differences,
      frames,
      statistics: pair?.statistics ?? null,
      threshold: this.#settings.threshold,
      alarm: this.#comparison.alarm,
      shadow: this.#comparison.counters,
      canary: { share: this.#settings.canaryShare, answered, fellBack },
      health: this.#window.health(this.#options.line.stats().restarts),
      disputed,
      people: (await this.#comparison.reviewing?.report()) ?? null,
    };
  }
}
