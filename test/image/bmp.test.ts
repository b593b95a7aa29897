import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeBmp } from '../../src/image/bmp';
import { decodeAndLetterbox } from '../../src/image/letterbox';

type Rgb = [number, number, number];

/** 3 x 2 pixels, rows from the top; 3 makes rows of 24-bit pixels need padding. */
const PICTURE: Rgb[][] = [
  [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
  ],
  [
    [10, 20, 30],
    [40, 50, 60],
    [70, 80, 90],
  ],
];

interface BmpOptions {
  depth?: 8 | 24 | 32;
  topDown?: boolean;
  compression?: number;
  width?: number;
  /** Bytes taken off the end. */
  cut?: number;
}

function bmp({ depth = 24, topDown = false, compression = 0, width = 3, cut = 0 }: BmpOptions = {}): Buffer {
  const colours = PICTURE.flat();
  const palette = Buffer.concat(depth === 8 ? colours.map(([r, g, b]) => Buffer.from([b, g, r, 0])) : []);
  const masks = Buffer.alloc(compression === 3 ? 12 : 0);
  if (compression === 3) [0xff0000, 0xff00, 0xff].forEach((mask, i) => masks.writeUInt32LE(mask, 4 * i));
  const rows = PICTURE.map((row, y) => {
    const pixels = row.map(([r, g, b], x) =>
      Buffer.from(depth === 8 ? [y * 3 + x] : depth === 24 ? [b, g, r] : [b, g, r, 99]),
    );
    const bytes = Buffer.concat(pixels);
    return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  });
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + masks.length + palette.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(topDown ? -2 : 2, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(depth, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(depth === 8 ? colours.length : 0, 46);
  const whole = Buffer.concat([header, masks, palette, ...(topDown ? rows : rows.reverse())]);
  return whole.subarray(0, whole.length - cut);
}

describe('bitmaps', () => {
  for (const [what, options] of [
    ['24 bits, from the bottom up', {}],
    ['24 bits, from the top down', { topDown: true }],
    ['32 bits', { depth: 32 }],
    ['32 bits with the usual masks', { depth: 32, compression: 3 }],
    ['8 bits with a palette', { depth: 8 }],
  ] as [string, BmpOptions][]) {
    it(`are read: ${what}`, () => {
      const { data, width, height } = decodeBmp(bmp(options), 100);
      assert.deepEqual([width, height], [3, 2]);
      assert.deepEqual([...data], PICTURE.flat(2));
    });
  }

  it('go through the detector like any other picture', async () => {
    const { pixels, sourceWidth, sourceHeight } = await decodeAndLetterbox(bmp(), undefined, { width: 3, height: 2 });
    assert.deepEqual([sourceWidth, sourceHeight], [3, 2]);
    assert.deepEqual([...pixels], PICTURE.flat(2));
  });

  for (const [what, bytes, code] of [
    ['cut short', bmp({ cut: 1 }), 'BAD_IMAGE'],
    ['only a header begun', bmp().subarray(0, 20), 'BAD_IMAGE'],
    ['run-length coded', bmp({ depth: 8, compression: 1 }), 'BAD_IMAGE'],
    ['without width', bmp({ width: 0 }), 'BAD_IMAGE'],
    ['of a negative width', bmp({ width: -3 }), 'BAD_IMAGE'],
    ['that declare more than they hold', bmp({ width: 40 }), 'BAD_IMAGE'],
    ['that declare gigapixels', bmp({ width: 0x7fffffff }), 'IMAGE_TOO_LARGE'],
  ] as [string, Buffer, string][]) {
    it(`are refused: ${what}`, () => {
      assert.throws(() => decodeBmp(bytes, 1e6), { code });
    });
  }
});
