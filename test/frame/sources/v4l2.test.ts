import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runningChildren } from '../../../src/frame/sources/child';
import { planCamera } from '../../../src/frame/sources/table';
import { StandIns } from './stand-in';
import { Heard, patience, stopAfter, until } from './support';

/** Kernels in containers have no cameras: ffmpeg is the real one, its input a test picture in place of the device. */
const REAL_FFMPEG = `
  const { appendFileSync } = require('node:fs');
  const { spawn } = require('node:child_process');
  const args = process.argv.slice(2);
  appendFileSync(__filename + '.log', JSON.stringify({ pid: process.pid, args, env: [] }) + '\\n');
  const input = args.indexOf('-f');
  const end = args.indexOf('-i') + 2;
  const size = args.includes('-video_size') ? args[args.indexOf('-video_size') + 1] : '320x240';
  const real = args.slice(0, input).concat(['-re', '-f', 'lavfi', '-i', 'testsrc2=rate=25:size=' + size], args.slice(end));
  const coded = real.map((arg) => (arg === 'copy' ? 'mjpeg' : arg));
  const path = process.env.PATH.split(':').slice(1).join(':');
  const child = spawn('ffmpeg', coded, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  child.on('exit', (code) => process.exit(code ?? 1));
`;

const standIns = new StandIns();

function openCamera(raw: Record<string, unknown>) {
  const heard = new Heard();
  const source = planCamera({ source: 'v4l2', device: '/dev/video99', delay: 0, fps: 0, timeout: 60, ...raw }).open(
    heard,
  );
  stopAfter(source).start();
  return { source, heard, next: () => source.capture(0, patience()) };
}

describe('v4l2 source', () => {
  it('says that a camera is not there', async () => {
    const { source, heard } = openCamera({});
    await until(() => heard.errors.length > 0, 'the error');
    assert.equal(
      heard.errors[0]?.message,
      'The camera at /dev/video99 gives no pictures: it is not there: plug it in, or choose another',
    );
    await source.stop();
  });

  it('says that a stable name leads to no camera', async () => {
    const { source, heard } = openCamera({ device: '/dev/v4l/by-id/usb-none-video-index0' });
    await until(() => heard.errors.length > 0, 'the error');
    assert.match(heard.errors[0]?.message ?? '', /usb-none-video-index0 is not there: plug it in, or choose another$/);
    await source.stop();
  });

  it('asks for JPEGs of the size wanted and hands them on untouched', async () => {
    standIns.installScript('ffmpeg', REAL_FFMPEG);
    const { source, next } = openCamera({ width: 160, height: 120, fps: 10 });
    const picture = await next();
    assert.deepEqual([picture.format, picture.width, picture.height], ['jpeg', 160, 120]);
    const args = standIns.calls('ffmpeg')[0]?.args.join(' ') ?? '';
    assert.match(args, / -f v4l2 -input_format mjpeg -video_size 160x120 -framerate 10 -i \/dev\/video99 /);
    assert.match(args, / -c:v copy -f mjpeg pipe:1$/);
    await source.stop();
    assert.equal(runningChildren(), 0);
  });

  it('scales raw RGB in ffmpeg', async () => {
    standIns.installScript('ffmpeg', REAL_FFMPEG);
    const { source, next } = openCamera({ format: 'rgb24', width: 64, height: 48 });
    const picture = await next();
    assert.deepEqual([picture.format, picture.bytes.length], ['rgb24', 64 * 48 * 3]);
    await source.stop();
  });
});
