import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InspectionError, messageOf } from '../contract/errors';
import { integerBetween } from '../contract/validate';
import { lineOptions, type LineOptions, type SimulatedPart } from './line';
import type { PartReply, PartRequest } from './line-messages';

interface Waiting {
  resolve: (part: SimulatedPart) => void;
  reject: (error: Error) => void;
}

/**
 * A simulated production line whose parts are drawn in a worker thread, so that the process that asks stays
 * responsive. A worker that dies fails the parts under way and is replaced at the next part.
 */
export class SimulatedLine {
  readonly options: LineOptions;
  readonly #workerPath: string;
  #worker: Worker | undefined;
  #closed = false;
  #nextId = 0;
  readonly #waiting = new Map<number, Waiting>();

  /**
   * @param workerPath script of the worker; another one only where a test needs a worker that dies
   * @throws InspectionError BAD_ARGUMENT for options that cannot be used
   */
  constructor(options: { [K in keyof LineOptions]?: unknown } = {}, workerPath = join(__dirname, 'line-worker.js')) {
    this.options = lineOptions(options);
    this.#workerPath = workerPath;
  }

  /**
   * Draws part `index`; the same part whenever it is asked for.
   *
   * @throws InspectionError CANCELLED after or during close, SOURCE_UNAVAILABLE when the worker died
   */
  async part(index: number): Promise<SimulatedPart> {
    integerBetween(index, 'index', 0, Number.MAX_SAFE_INTEGER);
    if (this.#closed) throw closedError();
    const worker = (this.#worker ??= this.#start());
    const request: PartRequest = { id: this.#nextId++, options: this.options, index };
    return new Promise<SimulatedPart>((resolve, reject) => {
      this.#waiting.set(request.id, { resolve, reject });
      // only work under way keeps the process alive
      worker.ref();
      worker.postMessage(request);
    });
  }

  /** Ends the worker; parts under way are rejected. May be called more than once. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(closedError());
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#workerPath);
    worker.unref();
    const lost = (reason: string) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#failAll(new InspectionError('SOURCE_UNAVAILABLE', `The simulator's worker ended: ${reason}`));
    };
    worker.on('message', (reply: PartReply) => this.#settle(worker, reply));
    worker.on('error', (error) => lost(messageOf(error)));
    worker.on('exit', (code) => lost(`exit status ${code}`));
    return worker;
  }

  #settle(worker: Worker, reply: PartReply): void {
    const waiting = this.#waiting.get(reply.id);
    if (!waiting) return;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) worker.unref();
    if ('error' in reply) {
      waiting.reject(new InspectionError(reply.error.code, reply.error.message));
      return;
    }
    const { image, width, height, truth } = reply;
    waiting.resolve({ image: Buffer.from(image.buffer, image.byteOffset, image.byteLength), width, height, truth });
  }

  #failAll(error: InspectionError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function closedError(): InspectionError {
  return new InspectionError('CANCELLED', 'The simulated line was closed');
}
