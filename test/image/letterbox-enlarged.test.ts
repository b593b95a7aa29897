import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { decodeAndLetterbox } from '../../src/image/letterbox';

/** Grey level 4 × column: what a pixel holds says where it came from. */
const WIDTH = 60;
const HEIGHT = 40;
const ramp = Buffer.alloc(WIDTH * HEIGHT, Buffer.from(Array.from({ length: WIDTH }, (_, column) => 4 * column)));
const grey = () => sharp(ramp, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } });

const KINDS: Record<string, () => Promise<Buffer>> = {
  grey: () => grey().png().toBuffer(),
  rgb: () => grey().toColourspace('srgb').png().toBuffer(),
  rgba: () => grey().toColourspace('srgb').ensureAlpha().png().toBuffer(),
  '16-bit': () => grey().toColourspace('rgb16').png().toBuffer(),
  jpeg: () => grey().jpeg({ quality: 100 }).toBuffer(),
};

describe('letterbox of a picture smaller than the input', () => {
  for (const [kind, make] of Object.entries(KINDS)) {
    for (const side of [64, 96, 150, 320]) {
      it(`puts pixel centres where they belong: ${kind}, ${WIDTH} to ${side} px`, async () => {
        const { pixels, padTop, scale } = await decodeAndLetterbox(await make(), undefined, {
          width: side,
          height: side,
        });
        assert.equal(pixels.byteLength, side * side * 3);
        const row = (padTop + Math.floor((HEIGHT * scale) / 2)) * side;
        // beside the outermost source pixel there is nothing to interpolate with
        for (let x = Math.ceil(scale); x < side - Math.ceil(scale); x++) {
          const source = (x + 0.5) / scale - 0.5;
          for (const channel of [0, 1, 2]) {
            const level = pixels[(row + x) * 3 + channel] as number;
            assert.ok(Math.abs(level - 4 * source) <= 2, `column ${x}: ${level / 4} instead of ${source}`);
          }
        }
      });
    }
  }

  it('enlarges one pixel', async () => {
    const image = await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    const { pixels } = await decodeAndLetterbox(image, undefined, { width: 64, height: 64 });
    assert.equal(pixels.byteLength, 64 * 64 * 3);
    // half a source pixel at each edge runs into the grey border; the middle is the pixel itself
    assert.ok((pixels[(32 * 64 + 32) * 3] as number) > 250);
  });

  it('enlarges a region of interest', async () => {
    const region = { x: 20, y: 10, width: 20, height: 20 };
    const image = await (KINDS.rgb as () => Promise<Buffer>)();
    const { pixels } = await decodeAndLetterbox(image, { region }, { width: 64, height: 64 });
    const level = pixels[(32 * 64 + 32) * 3] as number;
    assert.ok(Math.abs(level - 4 * (20 + 32.5 / 3.2 - 0.5)) <= 2, String(level));
  });
});
