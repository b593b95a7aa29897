import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorCode } from '../contract/errors';
import { prepareModel, type PreparedModel } from '../detect/prepare-model';
import { unbound } from '../kit/own-memory';
import { runtimeError } from '../model/runtime-text';

/**
 * The thread that reads and verifies the model, and then ends: what it takes to do so (parsers, schemas: 15 MB) goes with it,
 * and the process's main thread is never silent meanwhile.
 */

export interface PrepareData {
  /** An .onnx file or a model folder. */
  path: string;
  memoryMapped: boolean;
}

export type PrepareMessage =
  { type: 'prepared'; model: PreparedModel } | { type: 'failed'; code: ErrorCode; message: string };

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const post = (message: PrepareMessage, moved: Uint8Array[] = []) =>
    port.postMessage(
      message,
      moved.map(({ buffer }) => buffer as ArrayBuffer),
    );
  try {
    const { path, memoryMapped } = workerData as PrepareData;
    const model = await prepareModel(path, { memoryMapped });
    model.bytes = unbound(model.bytes);
    if (model.golden) model.golden.pictures = model.golden.pictures.map(unbound);
    post({ type: 'prepared', model }, [model.bytes, ...(model.golden?.pictures ?? [])]);
  } catch (error) {
    // anything unforeseen while a model is read is a property of the model
    const { code, message } = runtimeError(error, 'MODEL_INVALID', 'The model cannot be read');
    post({ type: 'failed', code, message });
  }
}

if (parentPort) void main(parentPort);
