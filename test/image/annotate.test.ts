import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { annotateImage, type DrawingRequest } from '../../src/image/annotate';

const WIDTH = 320;
const HEIGHT = 240;

async function grey(orientation?: number): Promise<Buffer> {
  const picture = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#808080' } });
  return (orientation === undefined ? picture : picture.withMetadata({ orientation })).jpeg().toBuffer();
}

const request = (change: Partial<DrawingRequest> = {}): DrawingRequest => ({
  boxes: [{ box: { x: 100, y: 100, width: 80, height: 60 }, label: 'scratch 90%', colour: 0 }],
  maxWidth: 640,
  quality: 90,
  ...change,
});

/** The pixel at x, y of a JPEG as [r, g, b]. */
async function pixel(jpeg: Buffer, x: number, y: number): Promise<number[]> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return [...data.subarray((y * info.width + x) * info.channels).subarray(0, 3)];
}

const isGrey = (rgb: number[]) => rgb.every((value) => Math.abs(value - 128) < 12);

describe('annotateImage', () => {
  it('draws the box where it is and nothing elsewhere', async () => {
    const { jpeg, width, height } = await annotateImage(await grey(), request());
    assert.deepEqual([width, height], [WIDTH, HEIGHT]);
    const [red = 0, , blue = 0] = await pixel(jpeg, 140, 160);
    assert.ok(red > blue + 60, 'the lower edge has the colour of the class');
    for (const [x, y] of [
      [140, 130],
      [20, 20],
      [300, 200],
    ] as const) {
      assert.ok(isGrey(await pixel(jpeg, x, y)), `${x}, ${y} is as it was`);
    }
  });

  it('scales boxes with the picture, and never scales up', async () => {
    const { jpeg, width, height } = await annotateImage(await grey(), request({ maxWidth: 160 }));
    assert.deepEqual([width, height], [160, 120]);
    assert.ok(!isGrey(await pixel(jpeg, 70, 80)));
    assert.equal((await annotateImage(await grey(), request({ maxWidth: 4000 }))).width, WIDTH);
  });

  it('turns a picture upright first, as its boxes are', async () => {
    const { width, height } = await annotateImage(await grey(6), request());
    assert.deepEqual([width, height], [HEIGHT, WIDTH]);
    const turned = await annotateImage(await grey(), request({ frame: { rotate: 90 } }));
    assert.deepEqual([turned.width, turned.height], [HEIGHT, WIDTH]);
  });

  it('accepts raw RGB', async () => {
    const frame = { format: 'rgb24', width: 20, height: 10 } as const;
    const { width } = await annotateImage(Buffer.alloc(600, 128), request({ frame }));
    assert.equal(width, 20);
  });

  it('writes the caption in its tone', async () => {
    const bad = await annotateImage(await grey(), request({ boxes: [], caption: { text: 'FAIL', tone: 'bad' } }));
    const [red = 0, green = 255] = await pixel(bad.jpeg, 2, 2);
    assert.ok(red > green + 80);
  });

  it('takes labels as text, whatever is in them', async () => {
    const labels = ['<script>alert(1)</script>', '"&\'', '\0\n\ud800', '🔥 工位', 'x'.repeat(65_536), '</svg>'];
    const boxes = labels.map((label, i) => ({ box: { x: 10, y: 30 * i, width: 40, height: 20 }, label, colour: i }));
    const { width } = await annotateImage(
      await grey(),
      request({ boxes, caption: { text: '</text><x>', tone: 'neutral' } }),
    );
    assert.equal(width, WIDTH);
  });

  it('draws boxes that reach beyond the picture, and not more than can be told apart', async () => {
    const boxes = Array.from({ length: 5000 }, (_, i) => ({
      box: { x: -50 + i, y: -20, width: 1000, height: 1000 },
      label: '',
      colour: i,
    }));
    assert.equal((await annotateImage(await grey(), request({ boxes }))).height, HEIGHT);
  });

  for (const [image, change, message] of [
    [Buffer.from('no image'), {}, /Expected a JPEG, PNG, WebP, TIFF or BMP picture/],
    [Buffer.alloc(0), {}, /Expected a Buffer with an encoded picture/],
    [
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      {},
      /but received "svg"|could not be decoded/,
    ],
    [Buffer.alloc(9), { maxWidth: 0 }, /Expected a whole number between 16 and 16384 for maxWidth but received 0/],
    [Buffer.alloc(9), { quality: 200 }, /quality but received 200/],
  ] as const) {
    it(`refuses ${image.toString('latin1', 0, 8)} with ${JSON.stringify(change)}`, () =>
      assert.rejects(annotateImage(image, request(change)), message));
  }
});
