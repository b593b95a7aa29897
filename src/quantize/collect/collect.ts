import { EventEmitter } from 'node:events';
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { InspectionError, type ErrorCode } from '../../contract/errors';
import type { FrameInfo } from '../../contract/frame';
import { LEAN_MALLOC, LEAN_V8_FLAGS } from '../../kit/lean-process';
import { integerBetween, nonEmptyString, numberBetween } from '../../contract/validate';
import type { CalibrationOutcome, FromWorker, Offered, ToWorker } from './collect-protocol';
import type { QuantizeOptions } from '../options';
import type { Progress } from '../progress';

const WORKER = join(__dirname, 'collect-worker.js');

/** Longer than this and the process is ended without asking again, ms. */
const STOP_TIMEOUT_MS = 1500;

export interface CollectOptions {
  /** Where frames are kept. */
  folder: string;
  /** Frames wanted. */
  samples: number;
  /** At least this long between two frames that are looked at, ms: spreads the set over the shift. */
  intervalMs: number;
  /** Frames that differ in this many of 256 bits or fewer look the same. */
  similarBits: number;
  /** Niceness of the process, 0 … 19. */
  nice: number;
}

export const COLLECT_DEFAULTS: Omit<CollectOptions, 'folder'> = {
  samples: 200,
  intervalMs: 10_000,
  similarBits: 8,
  nice: 19,
};

export type CollectState = 'starting' | 'collecting' | 'full' | 'quantizing' | 'stopped';

export interface CollectCounts {
  state: CollectState;
  collected: number;
  samples: number;
  /** Looked at and left out since start. */
  similar: number;
  unreadable: number;
}

/**
 * Collects calibration frames from a running line and quantizes with them, all of it in a process of low priority. Emits
 * `change` when a count or the state changes, `progress` while quantizing, `problem` when the process fails.
 */
export class CalibrationCollector extends EventEmitter<{
  change: [counts: CollectCounts];
  progress: [progress: Progress];
  problem: [error: InspectionError];
}> {
  readonly #options: CollectOptions;
  #child: ChildProcess | undefined;
  #state: CollectState = 'stopped';
  #counts = { collected: 0, similar: 0, unreadable: 0 };
  /** A frame is being looked at: there is never more than one on its way. */
  #isLooking = false;
  #lookedAt = -Infinity;
  #isResting = false;
  #quantizing: { resolve: (result: CalibrationOutcome) => void; reject: (error: InspectionError) => void } | undefined;

  /** @throws InspectionError BAD_ARGUMENT */
  constructor(options: Partial<Record<keyof CollectOptions, unknown>>) {
    super();
    const given = { ...COLLECT_DEFAULTS, ...options };
    this.#options = {
      folder: nonEmptyString(given.folder, 'folder'),
      samples: integerBetween(given.samples, 'samples', 11, 10_000),
      intervalMs: numberBetween(given.intervalMs, 'interval', 0, 86_400_000),
      similarBits: integerBetween(given.similarBits, 'similarity', 0, 255),
      nice: integerBetween(given.nice, 'nice', 0, 19),
    };
  }

  get counts(): CollectCounts {
    return { state: this.#state, ...this.#counts, samples: this.#options.samples };
  }

  /** Process id of the calibration process; undefined while there is none. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    if (this.#child) return;
    const { folder, similarBits, nice } = this.#options;
    this.#setState('starting');
    // no inspector port and no loader of the host process, memory that is given back; bytes as they are instead of JSON
    const child = fork(WORKER, [], {
      serialization: 'advanced',
      execArgv: [...LEAN_V8_FLAGS],
      env: { ...process.env, ...LEAN_MALLOC },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (message: FromWorker) => this.#onMessage(message));
    child.on('error', (error) => this.#onGone(child, error.message));
    child.on('exit', (code, signal) => this.#onGone(child, `it ended with ${signal ?? code}`));
    this.#send({ type: 'open', folder, similarBits, nice });
  }

  /**
   * Shows a frame. It is looked at when the last one is long enough ago; the caller is never kept waiting.
   *
   * @returns whether the frame was taken to be looked at
   */
  offer(image: Uint8Array, frame?: Partial<FrameInfo>): boolean {
    const now = performance.now();
    if (this.#isResting) return false;
    if (this.#state !== 'collecting' || this.#isLooking || now - this.#lookedAt < this.#options.intervalMs)
      return false;
    this.#lookedAt = now;
    this.#isLooking = true;
    this.#send({ type: 'offer', image, ...(frame && { frame }) });
    return true;
  }

  /**
   * Quantizes with the frames collected so far.
   *
   * @param options of quantize; the calibration folder is the collection's
   * @throws InspectionError as quantize does; DETECTOR_FAILED when the process dies
   */
  quantize(options: Partial<Record<keyof QuantizeOptions, unknown>>): Promise<CalibrationOutcome> {
    if (!this.#child || this.#quantizing) {
      const why = this.#quantizing ? 'a quantization is running already' : 'the calibration process is not running';
      return Promise.reject(new InspectionError('BAD_ARGUMENT', `Expected to quantize later: ${why}`));
    }
    return new Promise((resolve, reject) => {
      this.#quantizing = { resolve, reject };
      this.#setState('quantizing');
      this.#send({ type: 'quantize', options: { ...options, calibration: this.#options.folder } });
    });
  }

  /**
   * Has the process stand still, or go on: calibration gives way to a hot board and to a line that needs everything.
   * What runs is not lost, only later.
   */
  rest(isResting: boolean): void {
    if (this.#isResting === isResting) return;
    this.#isResting = isResting;
    this.#child?.kill(isResting ? 'SIGSTOP' : 'SIGCONT');
  }

  /** Stops a running quantization; nothing is published. */
  cancel(): void {
    this.#send({ type: 'cancel' });
  }

  /** Ends the process; a running quantization ends as CANCELLED and leaves nothing behind. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    this.#setState('stopped');
    this.#end(new InspectionError('CANCELLED', 'The calibration was stopped'));
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    // a process that stands still does not notice that it is to end
    if (this.#isResting) child.kill('SIGCONT');
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  }

  #send(message: ToWorker): void {
    // a failure to send is followed by the process's end, which is handled
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  #onMessage(message: FromWorker): void {
    switch (message.type) {
      case 'opened':
        this.#counts.collected = message.collected;
        this.#afterCount();
        return;
      case 'offered':
        this.#isLooking = false;
        this.#count(message.outcome, message.collected);
        return;
      case 'progress':
        this.emit('progress', message.progress);
        return;
      case 'quantized':
        this.#quantizing?.resolve(message.result);
        this.#quantizing = undefined;
        this.#afterCount();
        return;
      case 'failed':
        this.#isLooking = false;
        this.#fail(new InspectionError(message.code as ErrorCode, message.message));
    }
  }

  #count(outcome: Offered, collected: number): void {
    if (outcome !== 'kept') this.#counts[outcome]++;
    this.#counts.collected = collected;
    if (this.#state !== 'quantizing') this.#afterCount();
  }

  #afterCount(): void {
    this.#setState(this.#counts.collected >= this.#options.samples ? 'full' : 'collecting');
  }

  #setState(state: CollectState): void {
    this.#state = state;
    this.emit('change', this.counts);
  }

  #fail(error: InspectionError): void {
    if (this.#quantizing) {
      this.#end(error);
      this.#afterCount();
    } else {
      this.emit('problem', error);
    }
  }

  #end(error: InspectionError): void {
    this.#quantizing?.reject(error);
    this.#quantizing = undefined;
  }

  #onGone(child: ChildProcess, how: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#isLooking = false;
    const error = new InspectionError('DETECTOR_FAILED', `The calibration process is gone: ${how}`);
    const wasQuantizing = this.#quantizing !== undefined;
    this.#end(error);
    this.#setState('stopped');
    if (!wasQuantizing) this.emit('problem', error);
  }
}
