import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  explainFfmpeg,
  FFMPEG_GLOBAL,
  LOW_DELAY,
  outputArgs,
  type FfmpegOutput,
} from '../../../src/camera/programs/ffmpeg';
import { picturesOf } from '../../../src/camera/sources/pictures';
import { jpeg, stopAfter, until } from '../support';

const SENT = 40;
/** At most: ffmpeg's reader waits for the beginning of the next picture, and looks at the first ones to know what they are. */
const HELD_BACK = 5;

/** Pictures that a real ffmpeg hands on of a camera that sends SENT of them, then falls silent but stays connected. */
async function handedOn(format: FfmpegOutput['format']): Promise<number> {
  const output: FfmpegOutput = { format, size: { width: 32, height: 32 }, fps: 0, copy: false };
  const input = ['-probesize', '32', '-f', 'mjpeg', '-i', 'pipe:0'];
  const child = spawn('ffmpeg', [...FFMPEG_GLOBAL, ...LOW_DELAY, ...input, ...outputArgs(output)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  stopAfter({ stop: async () => void child.kill('SIGKILL') });
  let count = 0;
  const sink = { picture: () => (count += 1), broken: () => assert.fail('a broken picture') };
  const splitter = picturesOf({ output, maxBytes: 1e6, delayMs: 0 }, sink);
  child.stdout.on('data', (chunk: Buffer) => splitter.push(chunk, Date.now()));
  for (let sent = 0; sent < SENT; sent += 1) child.stdin.write(jpeg(String(sent)));
  await until(() => count >= SENT - HELD_BACK, `${SENT - HELD_BACK} of ${SENT} pictures`);
  // and none more: a second without one
  for (let before = -1; count !== before; await sleep(1_000)) before = count;
  return count;
}

describe('ffmpeg', () => {
  it('holds no picture back when it codes, raw ones neither', async () => {
    const [coded, raw] = [await handedOn('jpeg'), await handedOn('rgb24')];
    assert.equal(raw, coded);
  });

  it('repeats what ffmpeg complains of, but no user, password or url that holds them', () => {
    const explain = explainFfmpeg('rtsp://cam/1', ['s3cret!', 's3cret%21']);
    const stderr = 'first line\n[rtsp @ 0x1] odd: rtsp://admin:s3cret%21@cam/1?pwd=s3cret! s3cret%21\n';
    const { message } = explain({ program: 'ffmpeg', stderr, code: 1, signal: null });
    assert.equal(
      message,
      'The camera at rtsp://cam/1 gives no pictures: ffmpeg ended with status 1 ([rtsp @ 0x1] odd: rtsp://***@cam/1?pwd=*** ***)',
    );
  });
});
