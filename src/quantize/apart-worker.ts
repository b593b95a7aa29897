import { InspectionError, messageOf } from '../contract/errors';
import type { FromApart, ToApart } from './apart-protocol';
import { quantize } from './quantize';

/** The process of one quantization; see apart.ts. */
const abort = new AbortController();

function send(message: FromApart, then: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, undefined, undefined, then);
  else then();
}

async function run({ options }: Extract<ToApart, { type: 'quantize' }>): Promise<void> {
  try {
    const result = await quantize(options, {
      signal: abort.signal,
      onProgress: (progress) => send({ type: 'progress', progress }),
    });
    send({ type: 'quantized', result }, () => process.disconnect?.());
  } catch (error) {
    const code = error instanceof InspectionError ? error.code : 'IO_FAILED';
    send({ type: 'failed', message: messageOf(error), code }, () => process.disconnect?.());
  }
}

process.on('message', (message: ToApart) => {
  if (message.type === 'cancel') abort.abort();
  else void run(message);
});
// Ctrl-C reaches every process of a terminal: the parent says what is to be done
process.on('SIGINT', () => undefined);
// the parent is gone, however it went: what was begun is tidied up
process.on('disconnect', () => abort.abort());
