import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { decodeAndLetterbox } from '../../src/image/letterbox';
import { checkDecodedBytes, decodedBytes, MAX_DECODED_BYTES } from '../../src/image/decoded-size';

const INPUT = { width: 64, height: 64 };

/** The head of a PNG: what it says of itself is all that is looked at before it is decoded. */
function pngHead(width: number, height: number, bits: 8 | 16, interlaced: boolean): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write('IHDR', 4, 'latin1');
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header.set([bits, 2, 0, 0, interlaced ? 1 : 0], 16);
  header.writeUInt32BE(crc32(header.subarray(4, 21)), 21);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    header,
    Buffer.from('0000IDAT'),
  ]);
}

describe('memory of decoding', () => {
  it('a 16-bit interlaced PNG of 80 megapixels is refused before it is decoded: three of 0.8 MB took 3 GB', async () => {
    await assert.rejects(decodeAndLetterbox(pngHead(10_000, 8000, 16, true), undefined, INPUT), {
      code: 'IMAGE_TOO_LARGE',
      message: /^Expected at most 300 MB of pixels to be kept at once for the image but received 480 MB /,
    });
  });

  it('the same picture row by row, or of 8 bits, is not too large', async () => {
    for (const head of [pngHead(10_000, 8000, 16, false), pngHead(10_000, 8000, 8, true)]) {
      // there are no pixels in it
      await assert.rejects(decodeAndLetterbox(head, undefined, INPUT), { code: 'BAD_IMAGE' });
    }
  });

  it('is that of the whole picture for what is not decoded row by row', async () => {
    const plain = sharp({ create: { width: 100, height: 50, channels: 3, background: '#123' } });
    const cases: [string, Buffer, boolean, number][] = [
      ['baseline JPEG', await plain.clone().jpeg().toBuffer(), false, 0],
      ['baseline JPEG, turned', await plain.clone().jpeg().toBuffer(), true, 15_000],
      ['progressive JPEG 4:2:0', await plain.clone().jpeg({ progressive: true }).toBuffer(), false, 15_000],
      [
        'progressive JPEG 4:4:4',
        await plain.clone().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer(),
        false,
        30_000,
      ],
      ['PNG', await plain.clone().png().toBuffer(), false, 0],
      ['interlaced PNG', await plain.clone().png({ progressive: true }).toBuffer(), false, 15_000],
      ['WebP', await plain.clone().webp().toBuffer(), false, 15_000],
    ];
    for (const [name, bytes, isTurned, wanted] of cases) {
      assert.equal(decodedBytes(await sharp(bytes).metadata(), isTurned), wanted, name);
    }
  });

  it('100 megapixels of a camera are taken, however they are turned', () => {
    assert.doesNotThrow(() => checkDecodedBytes(MAX_DECODED_BYTES));
    assert.throws(() => checkDecodedBytes(MAX_DECODED_BYTES + 1), { code: 'IMAGE_TOO_LARGE' });
  });
});

describe('reasons', () => {
  it('a turn of -90 is refused in words, it is no broken model', async () => {
    const picture = await sharp({ create: { width: 9, height: 5, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
    for (const rotate of [-90, 45, 360, '90', NaN, null]) {
      await assert.rejects(decodeAndLetterbox(picture, { rotate: rotate as 90 }, INPUT), {
        code: 'BAD_ARGUMENT',
        message: /^Expected one of 0, 90, 180, 270 for msg.frame.rotate but received /,
      });
    }
  });
});
