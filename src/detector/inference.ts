import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Inferred } from '../detect/pipeline';
import { InspectionError } from '../errors';
import type { Letterboxed } from '../frame/letterbox';
import type { ModelInfo } from './api';
import { deferred, type Deferred } from './deferred';
import type { InferMessage, ThreadData, ThreadMessage } from './inference-thread';

const THREAD = join(__dirname, 'inference-thread.js');

/** The main thread's handle on the thread that runs the model. */
export class Inference {
  /** What runs there. */
  readonly model: ModelInfo;
  readonly #thread: Worker;
  readonly #pending = new Map<number, Deferred<{ inferred: Inferred; inferMs: number }>>();
  #nextId = 1;

  private constructor(thread: Worker, model: ModelInfo) {
    this.#thread = thread;
    this.model = model;
    thread.on('message', (message: ThreadMessage) => this.#onMessage(message));
  }

  /**
   * Starts the thread; resolves when the model is loaded and has run once.
   *
   * @param onDeath called when the thread ends by itself later: the process is of no use then
   * @throws InspectionError MODEL_*
   */
  static async open(data: ThreadData, onDeath: (error: Error) => void): Promise<Inference> {
    const thread = new Worker(THREAD, { workerData: data });
    thread.on('error', onDeath);
    thread.on('exit', (status) => onDeath(new Error(`the inference thread ended with status ${status}`)));
    const first = await new Promise<ThreadMessage>((resolve) => thread.once('message', resolve));
    if (first.type === 'ready') return new Inference(thread, first.model);
    if (first.type === 'failed') throw new InspectionError(first.code, first.message);
    throw new Error(`the inference thread began with ${first.type}`);
  }

  /** Runs the model on a prepared picture. @param confidence candidates below are left out; the model's default if absent */
  infer(prepared: Letterboxed, confidence?: number): Promise<{ inferred: Inferred; inferMs: number }> {
    const id = this.#nextId++;
    const answer = deferred<{ inferred: Inferred; inferMs: number }>();
    this.#pending.set(id, answer);
    const message: InferMessage = { id, prepared, confidence };
    this.#thread.postMessage(message);
    return answer.promise;
  }

  #onMessage(message: ThreadMessage): void {
    if (message.type !== 'inferred' && message.type !== 'error') return;
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'inferred') pending?.resolve(message);
    else pending?.reject(new InspectionError(message.code, message.message));
  }
}
