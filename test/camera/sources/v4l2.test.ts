import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { runningChildren } from '../../../src/camera/programs/child';
import type { FfmpegOutput } from '../../../src/camera/programs/ffmpeg';
import { planCamera } from '../../../src/camera/table';
import { v4l2Args } from '../../../src/camera/sources/v4l2';
import { StandIns } from '../stand-in';
import { Heard, patience, stopAfter, until } from '../support';

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

/** The same, with the pixels of the device through a pipe as it would send them. */
function rawInput(pixels: string): string {
  return REAL_FFMPEG.replace(
    `'-i', 'testsrc2=rate=25:size=' + size]`,
    `'-i', 'testsrc2=rate=25:size=' + size + ',format=${pixels}']`,
  );
}

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

  it('gives the real ffmpeg nothing that its V4L2 input does not know', () => {
    const size = { width: 640, height: 480 };
    const outputs: FfmpegOutput[] = [
      { format: 'jpeg', size, fps: 10, copy: true },
      { format: 'jpeg', size: undefined, fps: 0, copy: false },
      { format: 'rgb24', size, fps: 5, copy: false },
    ];
    const run = (args: string[]) => spawnSync('ffmpeg', args, { encoding: 'utf8' }).stderr;
    for (const output of outputs) {
      const lines = run(v4l2Args('/dev/video99', output)).trim().split('\n');
      assert.ok(
        lines.every((line) => line.endsWith('/dev/video99: No such file or directory')),
        lines.join('\n'),
      );
      // opened, and asked: it is no camera
      assert.match(run(v4l2Args('/dev/null', output)), /Inappropriate ioctl for device/);
    }
    const [first = '', ...rest] = v4l2Args('/dev/video99', outputs[0] as FfmpegOutput);
    assert.match(run([first, '-no_such_option', '1', ...rest]), /Unrecognized option/, 'a wrong option would show');
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

  it('codes pixels that are not compressed: YUYV and grey', async () => {
    const given = { yuyv422: 'yuyv422', gray: 'gray' };
    for (const [pixelFormat, pixels] of Object.entries(given)) {
      standIns.installScript('ffmpeg', rawInput(pixels));
      const { source, next } = openCamera({ pixelFormat, width: 160, height: 120 });
      const picture = await next();
      assert.deepEqual([picture.format, picture.width, picture.height], ['jpeg', 160, 120]);
      const args = standIns.calls('ffmpeg').at(-1)?.args.join(' ') ?? '';
      assert.match(args, new RegExp(` -input_format ${pixelFormat} -video_size 160x120 `));
      assert.match(args, / -c:v mjpeg /);
      await source.stop();
      // and the real ffmpeg knows the word
      const size = { width: 160, height: 120 };
      const asked = v4l2Args('/dev/null', { format: 'jpeg', size, fps: 0, copy: false }, pixelFormat as 'gray');
      assert.match(spawnSync('/usr/bin/ffmpeg', asked, { encoding: 'utf8' }).stderr, /Inappropriate ioctl for device/);
    }
  });

  it('sets the controls before it opens the camera; one that it does not take is a loss with its name', async () => {
    standIns.installScript('ffmpeg', REAL_FFMPEG);
    standIns.install('v4l2-ctl', { exit: 0 });
    const { source, next } = openCamera({ controls: 'exposure_time_absolute=120, auto_exposure=1' });
    await next();
    assert.deepEqual(
      standIns.calls('v4l2-ctl').map(({ args }) => args.at(-1)),
      ['auto_exposure=1', 'exposure_time_absolute=120'],
    );
    await source.stop();
    standIns.installScript('v4l2-ctl', `process.stderr.write("unknown control 'zoom'\\n");`);
    const { source: wrong, heard } = openCamera({ controls: 'zoom=1' });
    await until(() => heard.errors.length > 0, 'the error');
    assert.equal(heard.errors[0]?.message, 'The camera at /dev/video99 does not take zoom=1: it has no such control');
    await wrong.stop();
  });
});
