import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { decodeAndLetterbox } from '../../src/image/letterbox';
import { measurePicture } from '../../src/image/picture-measures';

const INPUT = { width: 320, height: 320 };

/** Stripes of a width, between two greys. */
async function stripes(low: number, high: number, edit: (picture: sharp.Sharp) => sharp.Sharp = (same) => same) {
  const data = Buffer.alloc(200 * 100 * 3);
  for (let at = 0; at < data.length; at += 1) data[at] = ((Math.floor(at / 3) % 200) >> 3) % 2 === 0 ? low : high;
  const plain = sharp(data, { raw: { width: 200, height: 100, channels: 3 } }).png();
  const png = await edit(sharp(await plain.toBuffer()))
    .png()
    .toBuffer();
  return measurePicture(await decodeAndLetterbox(png, undefined, INPUT), INPUT.width);
}

describe('measures of a picture', () => {
  it('brightness of the picture, not of the borders', async () => {
    const grey = await stripes(80, 80);
    assert.ok(Math.abs(grey.level - 80) <= 1, String(grey.level));
    assert.equal(grey.clipped, 0);
    // the edge of the border may shine in
    assert.ok(grey.sharpness < 0.02, String(grey.sharpness));
    const two = await stripes(40, 200);
    assert.ok(Math.abs(two.level - 120) < 5 && Math.abs(two.bright - 200) < 5, JSON.stringify(two));
  });

  it('clipping at both ends', async () => {
    assert.equal((await stripes(255, 255)).clipped, 1);
    assert.equal((await stripes(0, 0)).clipped, 1);
    const half = (await stripes(100, 255)).clipped;
    assert.ok(half > 0.3 && half < 0.6, String(half));
  });

  it('sharpness falls with a film on the lens, and hardly with less light', async () => {
    const sharpest = await stripes(60, 180);
    const smeared = await stripes(60, 180, (picture) => picture.blur(3));
    const dim = await stripes(36, 108);
    assert.ok(smeared.sharpness < 0.5 * sharpest.sharpness, `${smeared.sharpness} of ${sharpest.sharpness}`);
    assert.ok(Math.abs(dim.sharpness / sharpest.sharpness - 1) < 0.05, `${dim.sharpness} of ${sharpest.sharpness}`);
  });

  it('a picture of one pixel has measures', async () => {
    const png = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const measures = measurePicture(await decodeAndLetterbox(png, undefined, INPUT), INPUT.width);
    for (const value of Object.values(measures)) assert.ok(Number.isFinite(value));
  });
});
