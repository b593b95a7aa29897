import { parentPort } from 'node:worker_threads';
import { InspectionError, messageOf } from '../contract/errors';
import { simulatePart } from './line';
import type { PartReply, PartRequest } from './line-messages';

async function answer({ id, options, index }: PartRequest): Promise<void> {
  try {
    const { image, ...rest } = await simulatePart(options, index);
    // a copy of its own: small Buffers share one pool, which must not be moved away under the others
    const bytes = Uint8Array.from(image);
    parentPort?.postMessage({ id, image: bytes, ...rest } satisfies PartReply, [bytes.buffer]);
  } catch (error) {
    const code = error instanceof InspectionError ? error.code : 'SOURCE_UNAVAILABLE';
    parentPort?.postMessage({ id, error: { code, message: messageOf(error) } } satisfies PartReply);
  }
}

parentPort?.on('message', (request: PartRequest) => void answer(request));
