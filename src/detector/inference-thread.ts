import { parentPort, workerData } from 'node:worker_threads';
import { ModelRunner, type Inferred } from '../detect/model-runner';
import type { PreparedModel } from '../detect/prepare-model';
import type { ErrorCode } from '../contract/errors';
import type { Letterboxed } from '../image/letterbox-geometry';
import type { ModelInfo } from '../contract/detector';
import { discard } from '../kit/own-memory';
import { runtimeError } from '../model/runtime-text';

/**
 * The thread of a detector process that runs the model. The runtime blocks the thread it is called from for a whole
 * inference: here that is nobody's loss, while the process's main thread reads frames, decodes pictures and answers. What
 * only that thread needs is not imported here: every module is in memory once per thread.
 */

export interface ThreadData {
  model: PreparedModel;
  threads: number;
}

export interface InferMessage {
  id: number;
  prepared: Letterboxed;
  confidence?: number;
  scores?: boolean;
}

export type ThreadMessage =
  | { type: 'ready'; model: ModelInfo }
  | { type: 'failed'; code: ErrorCode; message: string }
  | { type: 'inferred'; id: number; inferred: Inferred; inferMs: number }
  | { type: 'error'; id: number; code: ErrorCode; message: string };

/** Anything unforeseen while a model loads or runs is a property of the model. */
function asFailure(error: unknown): { code: ErrorCode; message: string } {
  const { code, message } = runtimeError(error, 'MODEL_INVALID', 'The model cannot be run');
  return { code, message };
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: ThreadMessage, moved: ArrayBuffer[] = []) => port.postMessage(message, moved);
  const { model, threads } = workerData as ThreadData;
  let runner: ModelRunner;
  try {
    runner = await ModelRunner.open(model, { threads });
  } catch (error) {
    return post({ type: 'failed', ...asFailure(error) });
  }
  // one run at a time: a second one would not be faster, and both would be late
  let turn = Promise.resolve();
  const infer = async ({ id, prepared, confidence, scores }: InferMessage): Promise<void> => {
    const start = performance.now();
    try {
      const inferred = await runner.infer(prepared, { confidence, scores });
      const moved = inferred.scores ? [inferred.scores.values.buffer as ArrayBuffer] : [];
      post({ type: 'inferred', id, inferred, inferMs: performance.now() - start }, moved);
    } catch (error) {
      post({ type: 'error', id, ...asFailure(error) });
    }
    discard([prepared.pixels]);
  };
  port.on('message', (message: InferMessage) => {
    turn = turn.then(() => infer(message));
  });
  post({ type: 'ready', model: runner.info });
}

if (parentPort) void main(parentPort);
