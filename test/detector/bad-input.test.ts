import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { tinyModel, writeTinyModel } from '../helpers/tiny-model';

const folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const goodPicture = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#ff0000' } })
    .jpeg({ quality: 95 })
    .toBuffer();

/** A picture whose pixels fill most of its bytes. */
const noise = () =>
  sharp({
    create: {
      width: 64,
      height: 64,
      channels: 3,
      background: 'grey',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .jpeg()
    .toBuffer();

/** A JPEG whose header promises 60,000 × 60,000 pixels. */
async function bomb(): Promise<Buffer> {
  const bytes = await goodPicture();
  // SOF0: marker, length, precision, height, width
  const frameHeader = bytes.indexOf(Buffer.from([0xff, 0xc0]));
  bytes.writeUInt16BE(60_000, frameHeader + 5);
  bytes.writeUInt16BE(60_000, frameHeader + 7);
  return bytes;
}

describe('bad images', () => {
  let detector: Detector;
  before(async () => {
    detector = new Detector({ model: writeTinyModel(join(folder, 'tiny.onnx')), threads: 1, overload: 'every' });
    await detector.start();
  });
  after(() => detector.stop());

  const images: Array<{ what: string; image: () => unknown; code: string; says: RegExp }> = [
    { what: 'text', image: () => Buffer.from('no image'), code: 'BAD_IMAGE', says: /^Expected a JPEG, PNG.* 8 bytes/ },
    { what: 'no bytes', image: () => Buffer.alloc(0), code: 'BAD_IMAGE', says: /^Expected a Buffer with .* 0 bytes$/ },
    { what: 'a string', image: () => 'text', code: 'BAD_IMAGE', says: /^Expected a Buffer .* received "text"$/ },
    { what: 'zeros', image: () => Buffer.alloc(5000), code: 'BAD_IMAGE', says: /^Expected a JPEG, PNG/ },
    {
      what: 'half a JPEG',
      image: async () => {
        const whole = await noise();
        return whole.subarray(0, whole.byteLength / 2);
      },
      code: 'BAD_IMAGE',
      says: /^Expected a JPEG, PNG/,
    },
    {
      what: 'a decompression bomb',
      image: bomb,
      code: 'IMAGE_TOO_LARGE',
      says: /^Expected at most 100 megapixels for the image but its header declares more$/,
    },
    {
      what: 'an SVG',
      image: () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      code: 'BAD_IMAGE',
      says: /^Expected a JPEG, PNG/,
    },
  ];
  for (const { what, image, code, says } of images) {
    it(`${what}: one clear sentence, and the frames around it are inspected`, async () => {
      const good = await goodPicture();
      const bad = (await image()) as Uint8Array;
      const [before, outcome, behind] = await Promise.all(
        [good, bad, good].map((bytes) => detector.detect({ image: bytes })),
      );
      assert.ok(before?.inspected && behind?.inspected);
      assert.ok(outcome && !outcome.inspected);
      assert.deepEqual([outcome.reason, outcome.code], ['bad image', code]);
      assert.match(outcome.detail, says);
      assert.equal(detector.stats().restarts, 0);
    });
  }

  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const frames: Array<[string, object, string | undefined]> = [
    ['a BigInt where nobody looks', { truth: 1n, seq: 7n }, undefined],
    ['a circle where nobody looks', { truth: circle }, undefined],
    ['a turn of -90', { rotate: -90 }, 'bad message'],
    ['a BigInt as the turn', { rotate: 90n }, 'bad message'],
    ['a circle as the region', { region: circle }, 'bad message'],
    ['a region outside of the picture', { region: { x: 900, y: 0, width: 9, height: 9 } }, 'bad message'],
  ];
  for (const [what, frame, reason] of frames) {
    it(`${what} in msg.frame: ${reason ?? 'inspected'}, and the process is not restarted`, async () => {
      const outcome = await detector.detect({ image: await goodPicture(), frame });
      assert.equal(outcome.inspected ? undefined : outcome.reason, reason);
      if (!outcome.inspected) assert.match(outcome.detail, /^Expected .* for .* but received /);
      assert.equal(detector.stats().restarts, 0);
    });
  }

  it('more than 256 MiB are no picture: not called overload', async () => {
    const outcome = await detector.detect({ image: Buffer.alloc(256 * 2 ** 20 + 1) });
    assert.ok(!outcome.inspected);
    assert.deepEqual([outcome.reason, outcome.code], ['bad image', 'IMAGE_TOO_LARGE']);
    assert.match(
      outcome.detail,
      /^Expected at most 268435456 bytes for the image but received a Buffer of 268435457 bytes$/,
    );
  });

  it('a picture of one pixel is a picture', async () => {
    const dot = await sharp({ create: { width: 1, height: 1, channels: 3, background: '#0f0' } })
      .png()
      .toBuffer();
    const outcome = await detector.detect({ image: dot });
    assert.ok(outcome.inspected);
    assert.deepEqual(outcome.image, { width: 1, height: 1 });
    for (const { box } of outcome.detections) assert.ok(box.x >= 0 && box.x + box.width <= 1);
  });
});

describe('bad models', () => {
  const models: Array<{ what: string; write: (path: string) => void; code: string; says: RegExp }> = [
    {
      what: 'no file',
      write: () => {},
      code: 'MODEL_NOT_FOUND',
      says: /^Expected the path of an \.onnx file .* received "/,
    },
    {
      what: 'a text file',
      write: (path) => writeFileSync(path, 'this is no model\n'),
      code: 'MODEL_INVALID',
      says: /^Expected an ONNX model file for model but received /,
    },
    { what: 'an empty file', write: (path) => writeFileSync(path, ''), code: 'MODEL_INVALID', says: /an empty file/ },
    {
      what: 'half a model',
      write: (path) => writeFileSync(path, tinyModel().subarray(0, 600)),
      code: 'MODEL_INVALID',
      says: /^Expected an ONNX model/,
    },
    {
      what: 'names that do not fit the outputs',
      write: (path) => writeTinyModel(path, { names: ['one', 'two'] }),
      code: 'MODEL_UNSUPPORTED',
      says: /\[1, 7, 84\]/,
    },
  ];
  for (const { what, write, code, says } of models) {
    it(`${what}: start() says so, frames are answered, nothing is tried again`, async (t) => {
      const path = join(folder, `${what}.onnx`);
      write(path);
      const detector = new Detector({ model: path, threads: 1 });
      t.after(() => detector.stop());
      const frame = detector.detect({ image: await goodPicture() });
      await assert.rejects(detector.start(), (error: Error & { code: string }) => {
        assert.equal(error.code, code);
        assert.match(error.message, says);
        assert.ok(!error.message.includes('\n'));
        return true;
      });
      const outcome = await frame;
      assert.ok(!outcome.inspected);
      assert.deepEqual([outcome.reason, outcome.code], ['model not available', code]);
      assert.deepEqual([detector.stats().state, detector.stats().restarts], ['failed', 0]);
      assert.equal(detector.failure?.code, code);
    });
  }

  it('a model without names gets numbers, not borrowed names', async (t) => {
    const detector = new Detector({
      model: writeTinyModel(join(folder, 'nameless.onnx'), { names: null }),
      threads: 1,
    });
    t.after(() => detector.stop());
    assert.deepEqual((await detector.start()).classNames, ['class 0', 'class 1', 'class 2']);
  });

  it('a model with symbolic sizes takes the size of its metadata', async (t) => {
    const detector = new Detector({
      model: writeTinyModel(join(folder, 'dynamic.onnx'), { dynamic: true }),
      threads: 1,
    });
    t.after(() => detector.stop());
    assert.deepEqual((await detector.start()).input, { width: 64, height: 64 });
    const outcome = await detector.detect({ image: await goodPicture() });
    assert.ok(outcome.inspected && outcome.detections[0]?.label === 'red');
  });
});
