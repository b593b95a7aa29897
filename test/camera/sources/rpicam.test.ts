import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runningChildren } from '../../../src/camera/programs/child';
import { rpicamStillSource, rpicamVideoSource } from '../../../src/camera/sources/rpicam';
import { isAlive, StandIns } from '../stand-in';
import { Heard, markOf, patience, stopAfter, until } from '../support';
import { steadyNowMs } from '../../../src/kit/clock';

const standIns = new StandIns();
standIns.alone();

const OPTIONS = {
  camera: 1,
  size: { width: 1296, height: 972 },
  fps: 10,
  controls: {},
  timeoutMs: 20_000,
  maxBytes: 1_000_000,
  keep: 16,
  delayMs: 100,
};

function openVideo(options: Partial<typeof OPTIONS> = {}) {
  const heard = new Heard();
  const source = rpicamVideoSource({ ...OPTIONS, ...options }, heard);
  stopAfter(source).start();
  return { source, heard, next: () => source.capture(0, patience()) };
}

describe('rpicam source', () => {
  it('says how to install the programs', async () => {
    const { source, heard } = openVideo();
    await until(() => heard.errors.length > 0, 'the error');
    assert.equal(
      heard.errors[0]?.message,
      'Expected the program rpicam-vid or libcamera-vid but it is not installed: sudo apt install rpicam-apps',
    );
    await source.stop();
  });

  it('runs rpicam-vid, by its older name too, and takes its pictures', async () => {
    standIns.install('libcamera-vid', { stderr: 'rpicam-run-pi5-ov5647', pictures: 3, everyMs: 20 });
    const { source, next } = openVideo();
    const before = steadyNowMs();
    const picture = await next();
    assert.equal(markOf(picture.bytes), '0');
    // the delay of the camera is taken off
    assert.ok(picture.capturedAtMs >= before - 100 && picture.capturedAtMs <= steadyNowMs() - 100);
    assert.deepEqual([markOf((await next()).bytes), markOf((await next()).bytes)], ['1', '2']);
    const { args, pid } = standIns.calls('libcamera-vid')[0] ?? { args: [], pid: 0 };
    assert.equal(
      args.join(' '),
      '--camera 1 --timeout 0 --nopreview --codec mjpeg --flush --width 1296 --height 972 --framerate 10 --output -',
    );
    await source.stop();
    assert.equal(runningChildren(), 0);
    assert.equal(isAlive(pid), false);
  });

  const complaints: Array<[string, RegExp]> = [
    ['rpicam-none-pi5', /^The Pi camera 1 gives no pictures: no camera is found: check the ribbon cable/],
    ['rpicam-in-use-pi5', /^The Pi camera 1 gives no pictures: another program uses it: close that$/],
  ];
  for (const [stderr, sentence] of complaints) {
    it(`says what to do about ${stderr}`, async () => {
      standIns.install('rpicam-vid', { stderr, exit: 255 });
      const { source, heard } = openVideo();
      await until(() => heard.errors.length > 0, 'the error');
      assert.match(heard.errors[0]?.message ?? '', sentence);
      await source.stop();
    });
  }

  it('starts the program again when it dies', async () => {
    standIns.install('rpicam-vid', { stderr: 'rpicam-run-pi5-ov5647', pictures: 1, exit: 1 });
    const { source, heard, next } = openVideo();
    await next();
    await until(() => heard.states.includes('lost'), 'the loss');
    standIns.install('rpicam-vid', { pictures: 1 });
    await source.recovered(patience());
    await next();
    assert.deepEqual(heard.states, ['connecting', 'live', 'lost', 'live']);
    await source.stop();
  });

  it('still: one program per picture', async () => {
    standIns.install('rpicam-still', { stderr: 'rpicam-run-pi5-ov5647', pictures: 1, exit: 0 });
    const heard = new Heard();
    const source = rpicamStillSource(OPTIONS, heard);
    const before = steadyNowMs();
    const pictures = [await source.capture(0, patience()), await source.capture(0, patience())];
    assert.ok(pictures.every(({ format, capturedAtMs }) => format === 'jpeg' && capturedAtMs >= before));
    assert.equal(
      standIns.calls('rpicam-still').at(-1)?.args.join(' '),
      '--camera 1 --immediate --nopreview --encoding jpg --width 1296 --height 972 --output -',
    );
    assert.equal(runningChildren(), 0);
    standIns.install('rpicam-still', { stderr: 'rpicam-none-pi5', exit: 255 });
    await assert.rejects(source.capture(0, patience()), /no camera is found/);
    await source.stop();
  });

  it('still: a program that hangs is ended in time', async () => {
    standIns.install('rpicam-still', { pictures: 0 });
    const source = rpicamStillSource({ ...OPTIONS, timeoutMs: 300 }, new Heard());
    await assert.rejects(source.capture(0, patience()), /gave no whole picture within 300 ms$/);
    assert.equal(runningChildren(), 0);
    await source.stop();
  });
});
