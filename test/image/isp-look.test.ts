import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { differenceHash, hashDistance } from '../../src/image/difference-hash';
import { encodePng } from '../../src/image/encode';
import { ISP_LOOKS, withIspLook } from '../../src/image/isp-look';
import { decodeAndLetterbox } from '../../src/image/letterbox';

const SIDE = 64;

/** A picture of soft stripes; `shift` moves them. */
function stripes(channels: 1 | 3, shift = 0): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: SIDE * SIDE * channels }, (_, i) => {
    const x = Math.floor(i / channels) % SIDE;
    return 110 + 60 * Math.sin((x + shift) / 7);
  });
  return encodePng({ pixels, width: SIDE, height: SIDE, channels });
}

async function meanOf(image: Uint8Array): Promise<number[]> {
  const { pixels } = await decodeAndLetterbox(image, undefined, { width: SIDE, height: SIDE });
  return [0, 1, 2].map((channel) => {
    let sum = 0;
    for (let i = channel; i < pixels.length; i += 3) sum += pixels[i]!;
    return sum / (pixels.length / 3);
  });
}

describe('looks of other image processors', () => {
  for (const channels of [1, 3] as const) {
    it(`changes the colours of a picture of ${channels} channels, and nothing else`, async () => {
      const picture = await stripes(channels);
      const [before] = await meanOf(picture);
      const seen = await Promise.all(ISP_LOOKS.map(async (look) => meanOf(await withIspLook(picture, look))));
      const [cold, warm, dim] = seen as [number[], number[], number[]];
      assert.ok(cold[2]! > cold[0]! + 10, `cold ${cold.join(' ')}`);
      assert.ok(warm[0]! > warm[2]! + 10, `warm ${warm.join(' ')}`);
      assert.ok(dim[1]! < before! - 10, `dim ${dim.join(' ')}`);
    });
  }
});

describe('perceptual hash', () => {
  it('is the same for the same picture however it is coded, and another for another one', async () => {
    const hash = await differenceHash(await stripes(3));
    const coarse = await withIspLook(await stripes(3), { gains: [1, 1, 1], gamma: 1, denoise: 0, quality: 60 });
    assert.equal(hash.byteLength, 32);
    assert.ok(hashDistance(hash, await differenceHash(coarse)) <= 8);
    assert.ok(hashDistance(hash, await differenceHash(await stripes(3, 20))) > 40);
    assert.equal(hashDistance(Uint8Array.of(0b1010, 255), Uint8Array.of(0b0110, 0)), 10);
  });
});
