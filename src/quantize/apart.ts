import { fork } from 'node:child_process';
import { join } from 'node:path';
import { InspectionError, type ErrorCode } from '../contract/errors';
import type { QuantizeResult } from '../contract/certificate';
import { LEAN_MALLOC, LEAN_V8_FLAGS } from '../kit/lean-process';
import type { FromApart, ToApart } from './apart-protocol';
import type { QuantizeOptions } from './options';
import type { QuantizeHooks } from './quantize';

const WORKER = join(__dirname, 'apart-worker.js');

/**
 * Quantizes in a process of its own, whose memory is given back as soon as it is free: how it is handled is decided before a
 * process starts. 320 instead of 490 MB at most for yolov8n. When this process dies, that one stops and leaves nothing behind.
 *
 * @throws InspectionError as quantize does; DETECTOR_FAILED when the process dies
 */
export function quantizeApart(options: QuantizeOptions, hooks: QuantizeHooks = {}): Promise<QuantizeResult> {
  const child = fork(WORKER, [], {
    serialization: 'advanced',
    execArgv: [...LEAN_V8_FLAGS],
    env: { ...process.env, ...LEAN_MALLOC },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // a failure to send is followed by the process's end, which is handled
  const send = (message: ToApart): void => void child.send(message, () => undefined);
  const cancel = (): void => send({ type: 'cancel' });
  return new Promise<QuantizeResult>((resolve, reject) => {
    child.on('message', (message: FromApart) => {
      if (message.type === 'progress') hooks.onProgress?.(message.progress);
      else if (message.type === 'quantized') resolve(message.result);
      else reject(new InspectionError(message.code as ErrorCode, message.message));
    });
    const gone = (how: string): void =>
      reject(new InspectionError('DETECTOR_FAILED', `The quantization's process is gone: ${how}`));
    child.on('error', ({ message }) => gone(message));
    child.on('exit', (code, signal) => gone(`it ended with ${signal ?? code}`));
    hooks.signal?.addEventListener('abort', cancel);
    send({ type: 'quantize', options });
    if (hooks.signal?.aborted) cancel();
  }).finally(() => {
    hooks.signal?.removeEventListener('abort', cancel);
    if (child.connected) child.disconnect();
  });
}
