/**
 * A program that speaks the detector protocol and does as it is told, for tests of the supervision: no model, no pictures.
 * The model path says how it starts, the text of an image what it does with that frame.
 */
import { existsSync, writeSync } from 'node:fs';
import { CHANNEL_FD, Channel } from '../../src/detector/channel';
import type { FromProcess, ToProcess } from '../../src/detector/protocol';
import type { ModelInfo } from '../../src/contract/detector';

export const FAKE_PROGRAM = __filename;

export function fakeModel(name: string): ModelInfo {
  const input = { width: 64, height: 64 };
  return {
    name,
    version: '1',
    sha256: '0'.repeat(64),
    precision: 'fp32',
    kernels: 'float',
    selfTest: 'none',
    classNames: ['part'],
    input,
  };
}

type Send = (message: FromProcess, payload?: Uint8Array) => void;

/** By the first word of the model's path. */
const STARTS: Record<string, (model: string, send: Send) => void> = {
  good: (model, send) => send({ type: 'ready', model: fakeModel(model) }),
  slow: (model, send) => setTimeout(() => send({ type: 'ready', model: fakeModel(model) }), 300),
  invalid: (_model, send) =>
    send({ type: 'failed', code: 'MODEL_INVALID', message: 'Expected a model but this is none' }),
  crashing: () => {
    process.stderr.write('something is wrong\nterminate called without an active exception\n');
    process.kill(process.pid, 'SIGSEGV');
  },
  /** Usable only while the file at the path that follows is there. */
  'only-with': (model, send) => {
    const start = existsSync(model.slice('only-with '.length)) ? 'good' : 'invalid';
    STARTS[start]?.(model, send);
  },
  silent: () => {},
};

/** Frames held back by `hold`, answered by the next `release`. */
const held: number[] = [];

/** By the first word of the image's text. */
const FRAMES: Record<string, (id: number, send: Send, text: string) => void> = {
  ok: (id, send, text) => send({ type: 'result', id, value: answerTo(text) }),
  hold: (id) => held.push(id),
  release: (id, send, text) => {
    for (const each of [...held.splice(0), id]) send({ type: 'result', id: each, value: answerTo(text) });
  },
  /** Answered as soon as the file at the path that follows exists. */
  until: (id, send, text) => {
    const timer = setInterval(() => {
      if (!existsSync(text.slice('until '.length))) return;
      clearInterval(timer);
      send({ type: 'result', id, value: answerTo('until') });
    }, 5);
  },
  bad: (id, send) => send({ type: 'error', id, code: 'BAD_IMAGE', message: 'Expected a picture but received none' }),
  hang: () => {
    for (;;); // as stuck as native code can be
  },
  crash: () => process.kill(process.pid, 'SIGSEGV'),
  exit: () => process.exit(3),
  garble: () => void writeSync(CHANNEL_FD, Buffer.alloc(64, 0xff)),
};

const PICTURE = { level: 100, bright: 180, clipped: 0, sharpness: 0.1 };

/** The text comes back as the label of a detection. */
function answerTo(text: string) {
  const detections = [{ label: text, classId: 0, confidence: 1, box: { x: 0, y: 0, width: 1, height: 1 } }];
  return { detections, image: { width: 64, height: 64 }, confidence: 0.25, picture: PICTURE, decodeMs: 0, inferMs: 0 };
}

function main(): void {
  const channel: Channel<FromProcess, ToProcess> = Channel.ofDescriptor<FromProcess, ToProcess>(CHANNEL_FD)
    .onMessage((message, payload) => {
      const send: Send = (answer, bytes) => channel.send(answer, bytes);
      if (message.type === 'ping') return send({ type: 'pong' });
      if (message.type === 'open') return STARTS[message.model.split(' ')[0] as string]?.(message.model, send);
      const text = payload.toString();
      FRAMES[text.split(' ')[0] as string]?.(message.id, send, text);
    })
    .onClose(() => process.exit());
}

if (require.main === module) main();
