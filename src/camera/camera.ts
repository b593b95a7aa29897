import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { STILL_LOADING, type NotInspected, type NotInspectedReason } from '../contract/verdict';
import { InspectionError, messageOf } from '../contract/errors';
import type { CameraBudget } from '../contract/budget';
import type { FrameInfo } from '../contract/frame';
import { Gate, type Flights, type Passage } from './pacing/gate';
import { MissedFrames, type Missed } from './pacing/missed';
import { Pacer } from './pacing/pacer';
import type { FrameSource, LossKind, Picture, SourceState } from './sources/source';
import type { CameraPlan } from './table';
import { pause, throwIfAborted, withSignals } from '../kit/wait';
import { steadyNowMs, wallOf } from '../kit/clock';

/** What becomes of every picture and every trigger: a frame to inspect, or the reason why there is none. */
export interface CameraAnswer {
  frame: FrameInfo;
  /** Empty when there is no picture. */
  bytes: Buffer;
  notInspected?: NotInspected;
  /** The fault behind `notInspected`, where there is one; being overloaded, hot or stopped is none. */
  error?: InspectionError;
}

/** Counted since start: asked = sent + dropped + tooHot + failed + stopped + what is under way. */
export interface CameraCounters {
  /** Pictures asked for: triggers and free-run turns. */
  asked: number;
  sent: number;
  dropped: number;
  tooHot: number;
  failed: number;
  stopped: number;
  /** Pictures of a stream that nobody had asked for, and those that were broken. */
  skipped: number;
  broken: number;
}

export interface CameraStatus {
  state: SourceState;
  /** Held back by the budget of the station: no picture at all, or fewer than wanted; `reason` says why. */
  held: 'paused' | 'slowed' | undefined;
  /** One sentence; empty when all is well. */
  reason: string;
  counters: CameraCounters;
}

export interface CameraSurroundings {
  /** What tells this camera from others of its name. Default: the name. */
  id?: string;
  /** The number of its first frame: where a camera of this id left off. Default 0. */
  firstSeq?: number;
  flights: Flights;
  scheduler: CameraBudget;
}

/** Triggers that may wait for their picture at the same time. */
const MAX_CAPTURING = 32;

/** Which counter a reason adds to; the rest are faults. */
const COUNTER_OF: Partial<Record<NotInspectedReason, keyof CameraCounters>> = {
  'dropped by overload': 'dropped',
  'model not available': 'dropped',
  'too hot': 'tooHot',
  stopped: 'stopped',
};

/** How an error of a source ends a frame. */
const REASON_OF: Partial<Record<InspectionError['code'], NotInspectedReason>> = {
  BAD_IMAGE: 'bad image',
  CANCELLED: 'stopped',
};

/** A camera at work: paces, triggers, holds back, counts. Every picture asked for ends in exactly one answer. */
export class Camera extends EventEmitter<{
  answer: [CameraAnswer];
  status: [CameraStatus];
  problem: [InspectionError];
}> {
  readonly #plan: CameraPlan;
  readonly #source: FrameSource;
  readonly #gate: Gate;
  readonly #scheduler: CameraBudget;
  readonly #id: string;
  readonly #stopping = new AbortController();
  readonly #counters: CameraCounters = {
    asked: 0,
    sent: 0,
    dropped: 0,
    tooHot: 0,
    failed: 0,
    stopped: 0,
    skipped: 0,
    broken: 0,
  };
  readonly #onBudget = () => this.#tell();
  #state: SourceState = 'connecting';
  #reason = '';
  #isLost = false;
  /** The source said that there is no picture to take, which is no fault. */
  #isWaiting = false;
  /** Resolves when a lost source is worth another try. */
  #recovering: Promise<void> | undefined;
  readonly #missed = new MissedFrames((missed) => this.emit('answer', this.#miss(missed)));
  #seq: number;
  #capturing = 0;
  #freeRun: Promise<void> = Promise.resolve();

  constructor(plan: CameraPlan, { id, firstSeq = 0, flights, scheduler }: CameraSurroundings) {
    super();
    this.#plan = plan;
    this.#seq = firstSeq;
    this.#scheduler = scheduler;
    this.#source = plan.open({
      onState: (state, error) => this.#onState(state, error),
      onLoss: (kind) => this.#onLoss(kind),
    });
    this.#id = id ?? this.name;
    this.#gate = new Gate(this.#id, plan.settings.overload, flights);
    scheduler.on('budget', this.#onBudget);
  }

  /** The number of its next frame. */
  get nextSeq(): number {
    return this.#seq;
  }

  /** What the pictures are called: the name given, else the source's own. */
  get name(): string {
    return this.#plan.settings.name || this.#source.label;
  }

  get status(): CameraStatus {
    const held = this.#held();
    return {
      state: this.#state,
      held,
      reason: held === undefined ? this.#reason : this.#scheduler.budget.reason,
      counters: { ...this.#counters },
    };
  }

  start(): void {
    this.#source.start();
    if (this.#plan.settings.trigger !== 'free-run') return;
    this.#scheduler.setDemand(this.#id, this.#plan.settings.fps);
    this.#freeRun = this.#run();
  }

  /** A picture to look at, beside the line: not counted, not held back. @throws as FrameSource.capture */
  async peek(timeoutMs: number): Promise<Picture> {
    return this.#capture(steadyNowMs(), timeoutMs);
  }

  /** Lets something else use the device for a moment; triggers wait. @throws as FrameSource.lend */
  async lend<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#source.lend ? this.#source.lend(work) : work(this.#stopping.signal);
  }

  /** Takes one picture after this moment. Never rejects. */
  async trigger(): Promise<CameraAnswer> {
    this.#counters.asked += 1;
    if (this.#stopping.signal.aborted) return this.#withhold('stopped', 'The camera is stopped');
    const { paused, reason } = this.#scheduler.budget;
    if (paused) return this.#withhold('too hot', reason || 'Inspection is paused');
    if (this.#capturing >= MAX_CAPTURING) {
      return this.#withhold('dropped by overload', `${MAX_CAPTURING} triggers are waiting for their picture already`);
    }
    return this.#take(steadyNowMs(), this.#plan.settings.timeoutMs);
  }

  /** Answers a trigger for which no picture is wanted any more. */
  decline(reason: NotInspectedReason, detail: string): CameraAnswer {
    this.#counters.asked += 1;
    return this.#withhold(reason, detail);
  }

  /** Ends the source within 2 s; what is under way is answered 'stopped'. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#scheduler.off('budget', this.#onBudget);
    this.#scheduler.setDemand(this.#id, undefined);
    this.#gate.stop();
    await Promise.all([this.#source.stop(), this.#freeRun]);
    this.#missed.flush();
  }

  async #run(): Promise<void> {
    const signal = this.#stopping.signal;
    const pacer = new Pacer();
    const waits = this.#plan.settings.overload === 'every' && this.#plan.canWait;
    try {
      for (;;) {
        await this.#due(pacer, signal);
        if (waits) {
          // its pictures are not over when their time is
          await this.#gate.room(signal);
          await this.#allowed(signal);
        }
        const hindrance = this.#hindrance();
        if (hindrance) this.#missed.add({ ...hindrance, count: 1 });
        else await this.#turn(pacer, signal);
      }
    } catch (error) {
      if (!signal.aborted) this.emit('problem', error as InspectionError);
    }
  }

  /** Waits until a picture is due: also while none can be taken, since each that was due is answered. */
  async #due(pacer: Pacer, signal: AbortSignal): Promise<void> {
    const { fps } = this.#plan.settings;
    const hindrance = this.#hindrance();
    if (!hindrance) return pacer.next(this.#rate(), signal);
    if (fps > 0) return pacer.next(fps, signal);
    // how many the camera would have given, nobody knows: one a second stands for them
    for (let waitedMs = 0; waitedMs < 1000 && this.#hindrance(); waitedMs += LOOK_MS) await pause(LOOK_MS, signal);
  }

  /** Why no picture can be taken now; undefined: one can. */
  #hindrance(): NotInspected | undefined {
    const { paused, reason } = this.#scheduler.budget;
    if (paused) return { reason: 'too hot', detail: reason || 'Inspection is paused' };
    return this.#recovering && { reason: 'camera lost', detail: this.#reason || 'The camera is lost' };
  }

  /** One picture of the free run. It is awaited up to the gate only: while it waits there, the next one is taken. */
  async #turn(pacer: Pacer, signal: AbortSignal): Promise<void> {
    try {
      const picture = await this.#capture(0, undefined);
      this.#isLost = false;
      this.#counters.asked += 1;
      void this.#hold(picture, undefined).then((answer) => this.emit('answer', answer));
    } catch (error) {
      throwIfAborted(signal);
      if (error instanceof InspectionError && error.code === 'BAD_IMAGE') {
        this.#counters.asked += 1;
        this.emit('answer', this.#fail(error, undefined));
        return;
      }
      const count = this.#dueInLoss(pacer);
      if (count > 0) this.#missed.add({ reason: 'camera lost', detail: messageOf(error), count });
      this.#recovering = this.#source.recovered(signal).finally(() => (this.#recovering = undefined));
      this.#recovering.catch(() => undefined);
    }
  }

  /** How many pictures were due in a turn that ended in a loss. */
  #dueInLoss(pacer: Pacer): number {
    const { fps } = this.#plan.settings;
    const isNew = !this.#isLost;
    this.#isLost = true;
    // without a rate one stands for a loss, however many attempts it takes to get the camera back
    if (!(fps > 0)) return isNew ? 1 : 0;
    // with those that became due while the camera was silent already, but not while there was nothing to take
    return 1 + (this.#isWaiting ? 0 : pacer.passed(fps));
  }

  /** Pictures per second now: as set, or the camera's part of what the station can do. */
  #rate(): number {
    const { fps } = this.#plan.settings;
    if (this.#scheduler.budget.framesPerSecond === Infinity) return fps;
    return this.#scheduler.affordable(this.#id);
  }

  #held(): CameraStatus['held'] {
    if (this.#scheduler.budget.paused) return 'paused';
    const { fps, trigger } = this.#plan.settings;
    return trigger === 'free-run' && fps > 0 && this.#rate() < fps ? 'slowed' : undefined;
  }

  /** Waits while the station's budget allows no inspection. */
  async #allowed(signal: AbortSignal): Promise<void> {
    while (this.#scheduler.budget.paused) await pause(LOOK_MS, signal);
  }

  async #take(triggeredAtMs: number, timeoutMs: number): Promise<CameraAnswer> {
    this.#capturing += 1;
    try {
      const picture = await this.#capture(triggeredAtMs, timeoutMs);
      return await this.#hold(picture, picture.capturedAtMs - triggeredAtMs);
    } catch (error) {
      return this.#fail(error, timeoutMs);
    } finally {
      this.#capturing -= 1;
    }
  }

  async #capture(notBeforeMs: number, timeoutMs: number | undefined): Promise<Picture> {
    const clock = new AbortController();
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => clock.abort(), timeoutMs);
    try {
      return await withSignals([this.#stopping.signal, clock.signal], (signal) =>
        this.#source.capture(notBeforeMs, signal),
      );
    } catch (error) {
      if (clock.signal.aborted && !this.#stopping.signal.aborted) throw new CaptureTimeout(this.name, timeoutMs ?? 0);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Holds a picture until the detector has room for it. */
  async #hold(picture: Picture, triggerToCaptureMs: number | undefined): Promise<CameraAnswer> {
    const frame = this.#frameOf(picture, triggerToCaptureMs);
    const passage = await this.#gate.pass();
    if (passage !== 'go') return this.#withhold(...WITHHELD[passage], frame);
    this.#counters.sent += 1;
    this.#tell();
    return { frame, bytes: picture.bytes };
  }

  /** @param count frames that it stands for */
  #frameOf(picture: Picture, triggerToCaptureMs: number | undefined, count = 1): FrameInfo {
    const { rotate, region, overload } = this.#plan.settings;
    const seq = this.#seq;
    this.#seq += count;
    return {
      id: randomUUID(),
      seq,
      source: this.name,
      ...(this.#id === this.name ? {} : { sourceId: this.#id }),
      capturedAt: new Date(wallOf(picture.capturedAtMs)).toISOString(),
      width: picture.width,
      height: picture.height,
      format: picture.format,
      ...(triggerToCaptureMs === undefined ? {} : { triggerToCaptureMs: Math.max(0, triggerToCaptureMs) }),
      ...(rotate === 0 ? {} : { rotate }),
      ...(region === undefined ? {} : { region }),
      ...(overload === 'every' ? { overload } : {}),
      ...(picture.truth === undefined ? {} : { truth: picture.truth }),
    };
  }

  #emptyFrame(count = 1): FrameInfo {
    return this.#frameOf(
      { bytes: Buffer.alloc(0), format: 'unknown', width: 0, height: 0, capturedAtMs: steadyNowMs() },
      undefined,
      count,
    );
  }

  #withhold(reason: NotInspectedReason, detail: string, frame = this.#emptyFrame(), count = 1): CameraAnswer {
    this.#counters[COUNTER_OF[reason] ?? 'failed'] += count;
    this.#tell();
    return { frame, bytes: Buffer.alloc(0), notInspected: { reason, detail, ...(count > 1 && { count }) } };
  }

  /** The one answer for frames that were due and could not be taken. */
  #miss({ reason, detail, count }: Missed): CameraAnswer {
    this.#counters.asked += count;
    return this.#withhold(reason, detail, this.#emptyFrame(count), count);
  }

  #fail(error: unknown, timeoutMs: number | undefined): CameraAnswer {
    if (error instanceof CaptureTimeout) return { ...this.#withhold('timeout', error.message), error };
    const known =
      error instanceof InspectionError ? error : new InspectionError('SOURCE_UNAVAILABLE', messageOf(error));
    const reason = REASON_OF[known.code] ?? 'camera lost';
    const answer = this.#withhold(reason, known.message);
    // in free run the loss itself was reported by onState already
    return reason === 'stopped' || (timeoutMs === undefined && reason === 'camera lost')
      ? answer
      : { ...answer, error: known };
  }

  #onState(state: SourceState, error: InspectionError | undefined): void {
    const isNewLoss = state === 'lost' && this.#state !== 'lost';
    this.#state = state;
    this.#reason = error?.message ?? '';
    if (state !== 'lost') this.#isWaiting = state === 'waiting';
    if (isNewLoss && error && this.#plan.settings.trigger === 'free-run') this.emit('problem', error);
    this.#tell();
  }

  #onLoss(kind: LossKind): void {
    this.#counters[kind] += 1;
  }

  #tell(): void {
    this.emit('status', this.status);
  }
}

/** The picture did not come in time. */
class CaptureTimeout extends InspectionError {
  constructor(name: string, timeoutMs: number) {
    super(
      'SOURCE_UNAVAILABLE',
      `The camera "${name}" gave no picture within ${timeoutMs} ms of the trigger: check the camera, or raise timeout`,
    );
  }
}

/** How often a camera that is held back looks whether it may go on, ms. */
const LOOK_MS = 100;

const WITHHELD: Record<Exclude<Passage, 'go'>, [NotInspectedReason, string]> = {
  dropped: ['dropped by overload', 'A newer picture took its place: the detector is slower than this camera'],
  early: ['model not available', STILL_LOADING],
  stopped: ['stopped', 'The camera was stopped before the detector had room'],
};
