import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { decodeAndLetterbox } from '../../src/image/letterbox';
import { decodeTiles, TiledPicture } from '../../src/image/tiles';

const WIDTH = 200;
const HEIGHT = 120;
const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 7919 + Math.floor(at / 11)) & 255;
const png = () =>
  sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
const INPUT = { width: 64, height: 64 };

async function tiled(...args: Parameters<typeof decodeTiles>): Promise<TiledPicture> {
  const picture = await decodeTiles(...args);
  assert.ok(picture instanceof TiledPicture);
  return picture;
}

describe('tiles of a picture', () => {
  const views = [
    undefined,
    { rotate: 90 as const },
    { region: { x: 20, y: 5, width: 150, height: 100 } },
    { rotate: 270 as const, region: { x: 3, y: 9, width: 90, height: 180 } },
  ];
  for (const view of views) {
    for (const layout of ['auto', { columns: 2, rows: 3 }] as const) {
      it(`are what a region of the same place is: ${JSON.stringify(view)}, ${JSON.stringify(layout)}`, async () => {
        const image = await png();
        const picture = await tiled(image, view, INPUT, { layout, overlap: 0.2 });
        for (const [index, region] of picture.grid.tiles.entries()) {
          const { pixels: got, ...geometry } = await picture.tile(index);
          const { pixels: wanted, ...asRegion } = await decodeAndLetterbox(image, { ...view, region }, INPUT);
          assert.deepEqual(geometry, asRegion);
          assert.ok(Buffer.from(got).equals(Buffer.from(wanted)), `tile ${index}`);
        }
      });
    }
  }

  it('is the whole picture as ever where one tile is enough', async () => {
    const image = await png();
    const large = { width: 320, height: 320 };
    const one = await decodeTiles(image, undefined, large, { layout: 'auto', overlap: 0.2 });
    assert.ok(!(one instanceof TiledPicture));
    assert.ok(Buffer.from(one.pixels).equals(Buffer.from((await decodeAndLetterbox(image, undefined, large)).pixels)));
  });

  it('refuses what is no picture', () =>
    assert.rejects(
      decodeTiles(Buffer.from('no'), undefined, INPUT, { layout: 'auto', overlap: 0 }),
      /Expected a JPEG/,
    ));
});
