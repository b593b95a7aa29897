import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { cameraOf, type FrameInfo } from '../contract/frame';
import type { ScoreMap } from '../contract/score-map';
import { InspectionError, expected } from '../contract/errors';
import { numberBetween, oneOf } from '../contract/validate';
import { STILL_LOADING } from '../contract/verdict';
import type {
  DetectOutcome,
  DetectRequest,
  DetectorLike,
  DetectorOptions,
  DetectorState,
  DetectorStats,
  ModelInfo,
  Overload,
} from '../contract/detector';
import {
  OVERLOAD_POLICIES,
  actualLanes,
  actualThreads,
  checkOptions,
  framesInProcess,
  type CheckedOptions,
} from './options';
import { notInspected, notInspectedBecause, notInspectedForGood, notInspectedWhileDown } from './outcome';
import { Outage } from './outage';
import { processUsage } from './process-usage';
import type { Answer, OperationName, Operations } from './protocol';
import type { ProcessSettings } from './detector-process';
import { Supervisor, type Running } from './supervisor';
import { EVERY_LIMIT_BYTES, WaitingLine } from './waiting-line';

/** A frame on its way, with what is needed to answer it. */
interface Job {
  request: DetectRequest;
  bytes: number;
  overload: Overload;
  /** The camera. */
  source: string;
  /** performance.now() of detect(). */
  offeredAt: number;
  answer: (outcome: DetectOutcome) => void;
}

const STOPPED = 'The detector was stopped';
const stopped = () => new InspectionError('CANCELLED', STOPPED);

/** Settings that are no business of a flow: tests put another program in, or a shorter start. */
export type DetectorInternals = Pick<ProcessSettings, 'program' | 'startTimeoutMs'>;

/**
 * A model in a process of its own, supervised: see DetectorLike for the calls. Emits `state` with the new DetectorState
 * and, for `restarting` and `failed`, the reason.
 */
export class Detector
  extends EventEmitter<{ state: [state: DetectorState, reason: InspectionError | undefined] }>
  implements DetectorLike
{
  readonly #supervisor: Supervisor;
  readonly #line: WaitingLine<Job>;
  readonly #counts = { offered: 0, inspected: 0, notInspected: 0 };
  #options: CheckedOptions;
  #state: DetectorState = 'stopped';
  /** Ended by stop(); a detector that was never started starts with its first frame. */
  #isStopped = false;
  #starting: Promise<ModelInfo> | undefined;
  #changing: Promise<unknown> = Promise.resolve();
  #failure: InspectionError | undefined;
  #inFlight = 0;
  readonly #outage = new Outage(() => this.#refuseWaiting(notInspectedWhileDown(this.#outage.reason)));

  /** @throws InspectionError BAD_ARGUMENT for an unusable or unknown option */
  constructor(options: DetectorOptions, internals: DetectorInternals = {}) {
    super();
    this.#options = checkOptions(options);
    this.#line = new WaitingLine(this.#options.queueLimit);
    this.#supervisor = new Supervisor(
      { ...internals, ...this.#settings(this.#options) },
      {
        onUp: () => this.#onUp(),
        onDown: (reason) => this.#onDown(reason),
        onStillDown: (reason) => this.#outage.goesOn(reason),
        onFailed: (reason) => this.#onFailed(reason),
      },
    );
  }

  start(): Promise<ModelInfo> {
    if (this.#starting === undefined) {
      this.#isStopped = false;
      this.#failure = undefined;
      this.#setState('starting');
      this.#starting = this.#supervisor.start();
      // its end is told by onFailed; who does not wait for it must not be ended by it
      this.#starting.catch(() => {});
    }
    return this.#starting;
  }

  async detect(request: DetectRequest): Promise<DetectOutcome> {
    this.#counts.offered += 1;
    const offeredAt = performance.now();
    return new Promise<DetectOutcome>((resolve) => {
      const answer = (outcome: DetectOutcome) => {
        this.#counts[outcome.inspected ? 'inspected' : 'notInspected'] += 1;
        resolve(outcome);
      };
      try {
        const overload = checkRequest(request) ?? this.#options.overload;
        // of a message, so anything: what is no text would be a camera of its own with every frame
        const named: unknown = cameraOf({ source: '', ...request.frame });
        const source = typeof named === 'string' ? named : '';
        this.#accept({ request, bytes: request.image.byteLength, overload, source, offeredAt, answer });
      } catch (error) {
        answer(notInspectedBecause(error));
      }
    });
  }

  /**
   * Has the process do something other than detect. It takes no place in the frames' queue, and rejects with a reason
   * when there is no process or it dies before it answered.
   */
  async run<Name extends Exclude<OperationName, 'detect'>>(
    operation: Name,
    args: Operations[Name]['args'],
    payload?: Uint8Array,
  ): Promise<Answer<Name>> {
    if (this.#isStopped) throw stopped();
    if (this.#state === 'stopped') await this.start();
    const running = this.#supervisor.running;
    if (!running) throw new InspectionError('DETECTOR_FAILED', `The detector is ${this.#state}`);
    return running.process.request<Name>(operation, args, payload);
  }

  reconfigure(change: { threads?: number; model?: string }): Promise<ModelInfo> {
    const next = this.#changing.then(() => this.#reconfigure(change));
    this.#changing = next.catch(() => {});
    return next;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#starting = undefined;
    this.#outage.end();
    this.#refuseWaiting(notInspected('stopped', STOPPED));
    await this.#supervisor.stop();
    if (this.#isStopped) this.#setState('stopped');
  }

  /** Why there is no process and none will be tried; undefined otherwise. */
  get failure(): InspectionError | undefined {
    return this.#failure;
  }

  get state(): DetectorState {
    return this.#state;
  }

  stats(): DetectorStats {
    const process = this.#supervisor.running?.process;
    return {
      state: this.#state,
      pid: process?.pid,
      inFlight: this.#inFlight,
      waiting: this.#line.length,
      ...this.#counts,
      restarts: this.#supervisor.restarts,
      kernels: this.#supervisor.running?.model.kernels,
      threads: process?.threads ?? actualThreads(this.#options.threads),
      ...processUsage(process?.pid),
    };
  }

  async #reconfigure(change: { threads?: number; model?: string }): Promise<ModelInfo> {
    const options = checkOptions({ ...this.#options, ...change });
    // a first start that is under way ends first; how it ends does not matter here
    await this.#starting?.catch(() => {});
    if (this.#isStopped) throw stopped();
    const settings = { ...this.#supervisor.settings, ...this.#settings(options) };
    const model = await (this.#starting === undefined ? this.#startWith(settings) : this.#supervisor.replace(settings));
    this.#options = options;
    return model;
  }

  async #startWith(settings: ProcessSettings): Promise<ModelInfo> {
    const before = this.#supervisor.settings;
    this.#supervisor.settings = settings;
    try {
      return await this.start();
    } catch (error) {
      this.#supervisor.settings = before;
      throw error;
    }
  }

  #settings(options: CheckedOptions): ProcessSettings {
    const { model, memoryMapped, nice, watchdogMs } = options;
    const threads = actualThreads(options.threads);
    return { model, memoryMapped, nice, watchdogMs, threads, lanes: actualLanes(options.lanes, threads) };
  }

  #accept(job: Job): void {
    if (this.#isStopped) return job.answer(notInspected('stopped', STOPPED));
    if (this.#state === 'stopped') this.start().catch(() => {});
    if (this.#failure) return job.answer(notInspectedForGood(this.#failure));
    if (this.#outage.isTooLong) return job.answer(notInspectedWhileDown(this.#outage.reason));
    const dropped = this.#line.push(job);
    dropped?.answer(this.#whyDropped());
    this.#giveWork();
  }

  #whyDropped(): DetectOutcome {
    if (this.#state === 'starting') return notInspected('model not available', STILL_LOADING);
    return notInspected('dropped by overload', 'Newer frames came faster than they could be inspected');
  }

  #giveWork(): void {
    const running = this.#supervisor.running;
    while (running && this.#inFlight < framesInProcess(running.process.lanes)) {
      const job = this.#line.shift();
      if (!job) return;
      this.#inFlight += 1;
      void this.#inspect(job, running).then((outcome) => {
        this.#inFlight -= 1;
        job.answer(outcome);
        this.#giveWork();
      });
    }
  }

  async #inspect(job: Job, { process, model }: Running): Promise<DetectOutcome> {
    const { image, frame, confidence, scores, tiling, align } = job.request;
    try {
      const args = { frame: frame && howToRead(frame), confidence, scores, tiling, align };
      const { value, bytes } = await process.request('detect', args, image);
      this.#supervisor.backOff.reset();
      const total = performance.now() - job.offeredAt;
      const { decodeMs: decode, inferMs: infer } = value;
      const queue = Math.max(0, total - decode - infer);
      return {
        inspected: true,
        detections: value.detections,
        image: value.image,
        picture: value.picture,
        confidence: value.confidence,
        latencyMs: { queue, decode, infer, total },
        model,
        threads: process.threads,
        ...(value.tiles && { tiles: value.tiles }),
        ...(value.alignment && { alignment: value.alignment }),
        ...(value.scores !== undefined && { scores: value.scores && scoreMap(value.scores, bytes) }),
      };
    } catch (error) {
      return notInspectedBecause(error);
    }
  }

  #onUp(): void {
    this.#failure = undefined;
    this.#outage.end();
    this.#setState('ready');
    this.#giveWork();
  }

  #onDown(reason: InspectionError): void {
    this.#outage.begin(reason, this.#options.watchdogMs);
    this.#setState('restarting', reason);
  }

  #onFailed(reason: InspectionError): void {
    this.#failure = reason;
    // may be tried again by a call of start(), but not by a frame
    this.#starting = undefined;
    this.#outage.end();
    this.#refuseWaiting(notInspectedForGood(reason));
    this.#setState('failed', reason);
  }

  #refuseWaiting(why: DetectOutcome): void {
    for (const job of this.#line.clear()) job.answer(why);
  }

  #setState(state: DetectorState, reason?: InspectionError): void {
    if (this.#state === state) return;
    this.#state = state;
    this.emit('state', state, reason);
  }
}

/** The map is read where it lies: payloads have memory of their own, so that it is aligned. */
function scoreMap(shape: Omit<ScoreMap, 'values'>, bytes: Uint8Array): ScoreMap {
  return { ...shape, values: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) };
}

/** What of a frame the process needs to read its picture: the rest may be anything, and stays here. */
function howToRead({ format, width, height, rotate, region }: Partial<FrameInfo>): Partial<FrameInfo> {
  return { format, width, height, rotate, region };
}

/** @returns the frame's own overload policy, if it has one @throws InspectionError BAD_IMAGE, BAD_ARGUMENT */
function checkRequest({ image, confidence, overload }: DetectRequest): Overload | undefined {
  if (!(image instanceof Uint8Array) || image.byteLength === 0) {
    throw expected('a Buffer with an encoded picture', 'the image', image, 'BAD_IMAGE');
  }
  // no picture at all: it could wait for ever, and would be called overload
  if (image.byteLength > EVERY_LIMIT_BYTES) {
    throw expected(`at most ${EVERY_LIMIT_BYTES} bytes`, 'the image', image, 'IMAGE_TOO_LARGE');
  }
  if (confidence !== undefined) numberBetween(confidence, 'confidence', 0, 1);
  return overload === undefined ? undefined : oneOf(overload, 'overload', OVERLOAD_POLICIES);
}
