import { setPriority } from 'node:os';
import { InspectionError, messageOf } from '../../contract/errors';
import { Collection } from './collection';
import type { FromWorker, ToWorker } from './collect-protocol';
import { readOptions } from '../options';
import { quantize } from '../quantize';

/**
 * The calibration process: looks at frames and quantizes, with the lowest priority there is, so that the line only ever
 * loses what nobody else wanted.
 */
let collection: Collection | undefined;
let abort: AbortController | undefined;
/** Messages are worked off one after the other. */
let work: Promise<void> = Promise.resolve();

function send(message: FromWorker): void {
  // without a listener there is nobody to tell
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

async function handle(message: ToWorker): Promise<void> {
  if (message.type === 'open') {
    setPriority(message.nice);
    collection = await Collection.open(message.folder, message.similarBits);
    send({ type: 'opened', collected: collection.count });
  } else if (message.type === 'offer') {
    if (!collection) throw new InspectionError('IO_FAILED', 'There is no folder for calibration frames');
    const outcome = await collection.offer(message.image, message.frame);
    send({ type: 'offered', outcome, collected: collection.count });
  } else if (message.type === 'quantize') {
    // made when the message came: it may have been taken back while frames were still looked at
    const { signal } = abort!;
    let lastPercent = -1;
    const { out, published, manifest, certificate } = await quantize(readOptions(message.options), {
      signal,
      onProgress: (progress) => {
        const percent = Math.floor(progress.done * 100);
        if (percent !== lastPercent) send({ type: 'progress', progress });
        lastPercent = percent;
      },
    });
    const { classes: _classes, worst: _worst, ...summary } = certificate;
    const { name, version, sha256, sizeBytes } = manifest;
    const model = { name, version, sha256, sizeBytes: sizeBytes! };
    send({ type: 'quantized', result: { published, out, model, certificate: summary } });
  }
}

process.on('message', (message: ToWorker) => {
  if (message.type === 'cancel') {
    abort?.abort();
    return;
  }
  if (message.type === 'quantize') abort = new AbortController();
  work = work
    .then(() => handle(message))
    .catch((error: unknown) =>
      send({
        type: 'failed',
        message: messageOf(error),
        code: error instanceof InspectionError ? error.code : 'IO_FAILED',
      }),
    );
});
// nobody is there any more who would want the result; the work tidies up behind itself
process.on('disconnect', () => {
  abort?.abort();
  void work.finally(() => process.exit(0));
});
