import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Inferred } from '../detect/model-runner';
import type { PreparedModel } from '../detect/prepare-model';
import { InspectionError } from '../contract/errors';
import type { Letterboxed } from '../image/letterbox-geometry';
import type { ModelInfo } from '../contract/detector';
import { sealNamelessModel } from '../model/nameless-model';
import { discard, unbound } from '../kit/own-memory';
import { deferred, type Deferred } from '../kit/deferred';
import type { InferMessage, ThreadData, ThreadMessage } from './inference-thread';
import type { PrepareData, PrepareMessage } from './prepare-thread';

const THREAD = join(__dirname, 'inference-thread.js');
const PREPARE_THREAD = join(__dirname, 'prepare-thread.js');

export interface InferenceOptions {
  model: string;
  threads: number;
  lanes: number;
  /** See DetectorOptions. */
  memoryMapped: boolean;
}

/** What is asked of a run. */
export type InferenceRequest = Pick<InferMessage, 'confidence' | 'scores'>;

/** What a run gives back. */
interface Run {
  inferred: Inferred;
  inferMs: number;
}

/** One thread with the model in it. */
class Lane {
  readonly #thread: Worker;
  readonly #pending = new Map<number, Deferred<Run>>();
  readonly #model = deferred<ModelInfo>();
  #nextId = 1;

  constructor(data: ThreadData, onDeath: (error: Error) => void) {
    this.#thread = new Worker(THREAD, { workerData: data });
    this.#thread.on('error', onDeath);
    this.#thread.on('exit', (status) => onDeath(new Error(`the inference thread ended with status ${status}`)));
    this.#thread.on('message', (message: ThreadMessage) => this.#onMessage(message));
  }

  get model(): Promise<ModelInfo> {
    return this.#model.promise;
  }

  /** Runs that were asked for and are not done. */
  get load(): number {
    return this.#pending.size;
  }

  infer(prepared: Letterboxed, options: InferenceRequest): Promise<Run> {
    const id = this.#nextId++;
    const run = deferred<Run>();
    this.#pending.set(id, run);
    // moved, not copied; the thread frees them
    const pixels = unbound(prepared.pixels);
    const message: InferMessage = { id, prepared: { ...prepared, pixels }, ...options };
    this.#thread.postMessage(message, [pixels.buffer as ArrayBuffer]);
    return run.promise;
  }

  #onMessage(message: ThreadMessage): void {
    switch (message.type) {
      case 'ready':
        return this.#model.resolve(message.model);
      case 'failed':
        // it has nothing left to do and ends, perhaps before the reason is passed on: that is no death
        this.#thread.removeAllListeners('exit');
        return this.#model.reject(new InspectionError(message.code, message.message));
      case 'inferred':
        return this.#take(message.id)?.resolve(message);
      case 'error':
        return this.#take(message.id)?.reject(new InspectionError(message.code, message.message));
    }
  }

  #take(id: number): Deferred<Run> | undefined {
    const run = this.#pending.get(id);
    this.#pending.delete(id);
    return run;
  }
}

/** Has a thread of its own read and verify the model. @throws InspectionError MODEL_* */
async function prepareInThread(workerData: PrepareData): Promise<PreparedModel> {
  // a descriptor that it leaves open is for the other threads
  const thread = new Worker(PREPARE_THREAD, { workerData, trackUnmanagedFds: false });
  const prepared = deferred<PreparedModel>();
  thread.on('message', (message: PrepareMessage) => {
    if (message.type === 'prepared') prepared.resolve(message.model);
    else prepared.reject(new InspectionError(message.code, message.message));
  });
  const died = (why: string) =>
    prepared.reject(new InspectionError('MODEL_INVALID', `The model cannot be read: ${why}`));
  thread.on('error', (error) => died(error.message));
  thread.on('exit', (status) => died(`the thread that reads it ended with status ${status}`));
  return prepared.promise;
}

/** The main thread's handle on the threads that run the model. */
export class Inference {
  private constructor(
    /** What runs there. */
    readonly model: ModelInfo,
    private readonly lanes: readonly Lane[],
  ) {}

  /**
   * Starts the threads; resolves when the model is loaded and has run once in each.
   *
   * @param options threads: of all lanes together; they are shared out evenly
   * @param onDeath called when a thread ends by itself: the process is of no use then
   * @throws InspectionError MODEL_*
   */
  static async open(options: InferenceOptions, onDeath: (error: Error) => void): Promise<Inference> {
    const { model: path, threads, lanes: count, memoryMapped } = options;
    const prepared = await prepareInThread({ path, memoryMapped });
    const data: ThreadData = { model: prepared, threads: Math.max(1, Math.floor(threads / count)) };
    const lanes = Array.from({ length: count }, () => new Lane(data, onDeath));
    // each has a copy
    discard([prepared.bytes, ...(prepared.golden?.pictures ?? [])]);
    const [model] = (await Promise.all(lanes.map((lane) => lane.model))) as [ModelInfo, ...ModelInfo[]];
    if (prepared.mapped) await sealNamelessModel(prepared.mapped);
    return new Inference(model, lanes);
  }

  /** Pictures that are inferred at once. */
  get laneCount(): number {
    return this.lanes.length;
  }

  /**
   * Runs the model on a prepared picture, in the lane that has least to do.
   *
   * @param options confidence: candidates below are left out, the model's default if absent; scores: of the whole grid
   */
  infer(prepared: Letterboxed, options: InferenceRequest = {}): Promise<Run> {
    const lane = this.lanes.reduce((best, next) => (next.load < best.load ? next : best));
    return lane.infer(prepared, options);
  }
}
