import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough, type Duplex } from 'node:stream';
import { InspectionError } from '../contract/errors';
import type { ModelInfo } from '../contract/detector';
import { CHANNEL_FD, Channel } from './channel';
import { deferred, type Deferred } from '../kit/deferred';
import type { Answer, FromProcess, OperationName, Operations, ToProcess } from './protocol';
import { LEAN_MALLOC, LEAN_V8_FLAGS } from '../kit/lean-process';
import { Heartbeat } from './heartbeat';
import { StderrTail } from './stderr-tail';
import { Watchdog } from './watchdog';

/** The program of the process. */
const PROGRAM = join(__dirname, 'process-main.js');

/** Loading a large model from a slow SD card takes seconds; longer than this and the process counts as stuck. */
const START_TIMEOUT_MS = 60_000;

/** Settings of the process, whatever the host's own are. */
const ENVIRONMENT = {
  /** Decoders of the frames, one annotation and a file read at a time. */
  UV_THREADPOOL_SIZE: '4',
  ...LEAN_MALLOC,
};

export interface ProcessSettings {
  model: string;
  /** Intra-op threads, ≥ 1. */
  threads: number;
  /** Frames inferred at once, ≥ 1; they share the threads. */
  lanes: number;
  /** 0 … 19 */
  nice: number;
  /** See DetectorOptions. Default false. */
  memoryMapped?: boolean;
  /** Without an answer for this long while there are requests, the process counts as stuck. */
  watchdogMs: number;
  startTimeoutMs?: number;
  /** Another program that speaks the protocol; for tests. */
  program?: string;
}

/**
 * How long a start may take, ms. It runs the model several times (warm-up, self-test): where a single frame may take longer
 * than the usual limit, a start may as well.
 */
export function startLimitMs({ startTimeoutMs, watchdogMs }: Pick<ProcessSettings, 'startTimeoutMs' | 'watchdogMs'>) {
  return startTimeoutMs ?? Math.max(START_TIMEOUT_MS, watchdogMs);
}

/**
 * One detector process from birth to death. It knows nothing of queues or restarts: requests are answered, or rejected
 * with the reason when the process dies.
 */
export class DetectorProcess {
  readonly threads: number;
  readonly lanes: number;
  readonly nice: number;
  /** Resolves when the process is gone, whatever the cause, with the reason; never rejects. */
  readonly gone: Promise<InspectionError>;
  readonly #ready = deferred<ModelInfo>();
  readonly #child: ChildProcess;
  readonly #channel: Channel<ToProcess, FromProcess>;
  readonly #stderr: StderrTail;
  readonly #watchdog: Watchdog;
  readonly #startTimer: NodeJS.Timeout;
  /** From readiness on: how long a start takes is the start timer's business. */
  #heartbeat: Heartbeat | undefined;
  /** In the order of their ids, which is the order in which they were sent. */
  readonly #pending = new Map<number, Deferred<Answer<OperationName>>>();
  readonly #drained: Array<() => void> = [];
  #nextId = 1;
  #isGone = false;
  /** Why the process was killed from here, when it was. */
  #killedFor: InspectionError | undefined;

  constructor(settings: ProcessSettings) {
    this.threads = settings.threads;
    this.lanes = settings.lanes;
    this.nice = settings.nice;
    // whoever does not ask for readiness must not be ended by an unhandled rejection
    this.#ready.promise.catch(() => {});
    this.#watchdog = new Watchdog(settings.watchdogMs, () => this.#stuck(settings.watchdogMs));
    this.#child = spawn(process.execPath, [...LEAN_V8_FLAGS, settings.program ?? PROGRAM], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...ENVIRONMENT },
      windowsHide: true,
    });
    this.#stderr = new StderrTail(this.#child.stderr);
    this.gone = this.#watchEnd();
    const startTimeoutMs = startLimitMs(settings);
    this.#startTimer = setTimeout(() => {
      void this.kill(
        new InspectionError('DETECTOR_TIMEOUT', `The model was not loaded within ${startTimeoutMs / 1000} s`),
      );
    }, startTimeoutMs);
    // when descriptors run out, the child has no pipes at all and an `error` event follows
    const pipe = (this.#child.stdio as unknown[] | undefined)?.[CHANNEL_FD] as Duplex | undefined;
    this.#channel = Channel.over<ToProcess, FromProcess>(pipe ?? new PassThrough().destroy())
      .onMessage((message, bytes) => this.#onMessage(message, bytes))
      // a process that cannot be talked to is of no use to anybody
      .onClose(() => this.#child.kill('SIGKILL'));
    const { model, threads, lanes, nice, memoryMapped = false } = settings;
    this.#channel.send({ type: 'open', model, memoryMapped, threads, lanes, nice });
  }

  /** The model is loaded and warm. Rejects with MODEL_* when it cannot be used, DETECTOR_* when the process died. */
  get ready(): Promise<ModelInfo> {
    return this.#ready.promise;
  }

  /** undefined when the process is gone. */
  get pid(): number | undefined {
    return this.#isGone ? undefined : this.#child.pid;
  }

  /** False as soon as the process is gone or was told to go. */
  get isUsable(): boolean {
    return !this.#isGone && this.#killedFor === undefined;
  }

  /**
   * Has the process do something. Rejects with its InspectionError, or with DETECTOR_FAILED, DETECTOR_TIMEOUT or the
   * reason given to kill() when the process ends before it answered.
   */
  async request<Name extends OperationName>(
    operation: Name,
    args: Operations[Name]['args'],
    payload?: Uint8Array,
  ): Promise<Answer<Name>> {
    if (!this.isUsable) throw this.#killedFor ?? this.#death('is gone');
    const id = this.#nextId++;
    // before it is noted: a message that cannot be coded throws here and is nobody's frame in flight
    this.#channel.send({ type: 'request', id, operation, args }, payload);
    const answer = deferred<Answer<OperationName>>();
    this.#pending.set(id, answer);
    this.#watchdog.watch(true);
    return answer.promise as Promise<Answer<Name>>;
  }

  /** Resolves when no request is in flight. */
  async drained(): Promise<void> {
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  /**
   * Ends the process at once: it has nothing to save, and it may be stuck in native code. Requests in flight are
   * rejected with the reason. Resolves when it is gone.
   */
  async kill(reason: InspectionError): Promise<void> {
    this.#killedFor ??= reason;
    this.#child.kill('SIGKILL');
    await this.gone;
  }

  #onMessage(message: FromProcess, bytes: Buffer): void {
    this.#heartbeat?.answered();
    switch (message.type) {
      case 'pong':
        return;
      case 'progress':
        // each tile of a frame may take as long as a frame
        return this.#watchdog.restart();
      case 'ready':
        clearTimeout(this.#startTimer);
        this.#watchLife();
        return this.#ready.resolve(message.model);
      case 'failed':
        return this.#ready.reject(new InspectionError(message.code, message.message));
      case 'result':
        return this.#take(message.id)?.resolve({ value: message.value, bytes });
      case 'error':
        return this.#take(message.id)?.reject(new InspectionError(message.code, message.message));
    }
  }

  #watchLife(): void {
    // a process that gives way to others may rightly have to wait for the processor
    if (this.nice > 0 || this.#isGone) return;
    this.#heartbeat ??= new Heartbeat(
      () => this.#channel.send({ type: 'ping' }),
      (silentMs) => this.#stuck(silentMs),
    );
  }

  #take(id: number): Deferred<Answer<OperationName>> | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#watchdog.restart();
    this.#settleDrained();
    return pending;
  }

  #settleDrained(): void {
    if (this.#pending.size > 0) return;
    this.#watchdog.watch(false);
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  /** Only the oldest request is to blame; the ones behind it lost their process like in any other death. */
  #stuck(silentMs: number): void {
    const seconds = silentMs / 1000;
    const [oldest] = this.#pending.keys();
    if (oldest !== undefined) {
      this.#take(oldest)?.reject(
        new InspectionError('DETECTOR_TIMEOUT', `The detector did not answer within ${seconds} s`),
      );
    }
    void this.kill(
      new InspectionError('DETECTOR_FAILED', `The detector was ended because it was stuck for ${seconds} s`),
    );
  }

  /** `close` comes after the last byte of every pipe was read: answers given before the death are not lost. */
  async #watchEnd(): Promise<InspectionError> {
    const end = await new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      this.#child.once('close', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with status ${code}`));
    });
    this.#isGone = true;
    this.#heartbeat?.stop();
    clearTimeout(this.#startTimer);
    const reason = this.#killedFor ?? this.#death(end);
    this.#ready.reject(reason);
    for (const { reject } of this.#pending.values()) reject(reason);
    this.#pending.clear();
    this.#settleDrained();
    return reason;
  }

  #death(how: string): InspectionError {
    const words = this.#stderr.lastLines;
    return new InspectionError('DETECTOR_FAILED', `The detector process ${how}${words === '' ? '' : ` (${words})`}`);
  }
}
