import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { JpegSplitter, RawSplitter } from '../../../src/camera/programs/splitter';
import { jpeg, markOf } from '../support';

/** Feeds a stream in chunks of a size and says what came out. */
function split(stream: Buffer, chunkBytes = stream.length, maxBytes = 100_000) {
  const pictures: Buffer[] = [];
  let broken = 0;
  const splitter = new JpegSplitter(maxBytes, {
    onPicture: (bytes) => pictures.push(bytes),
    onBroken: () => (broken += 1),
  });
  for (let at = 0; at < stream.length; at += chunkBytes) splitter.push(stream.subarray(at, at + chunkBytes), at);
  return { pictures, marks: pictures.map(markOf), broken };
}

/** A camera-like JPEG of noise, so that stuffed zeros and restarts occur. */
async function noisy(options: sharp.JpegOptions): Promise<Buffer> {
  const pixels = Buffer.alloc(160 * 120 * 3);
  let state = 1;
  for (let at = 0; at < pixels.length; at += 1) pixels[at] = (state = (state * 48271) % 2147483647) & 255;
  return sharp(pixels, { raw: { width: 160, height: 120, channels: 3 } })
    .jpeg(options)
    .toBuffer();
}

/** The picture without its Huffman tables, as V4L2 cameras send Motion-JPEG. */
function withoutHuffmanTables(picture: Buffer): Buffer {
  const kept = [picture.subarray(0, 2)];
  for (let at = 2; ;) {
    const length = 2 + picture.readUInt16BE(at + 2);
    if (picture[at + 1] !== 0xc4) kept.push(picture.subarray(at, at + length));
    if (picture[at + 1] === 0xda) return Buffer.concat([...kept, picture.subarray(at + length)]);
    at += length;
  }
}

describe('JPEG splitter', () => {
  it('finds the same pictures however the stream is cut', async () => {
    const pictures = [jpeg('a'), await noisy({ quality: 95 }), await noisy({ progressive: true }), jpeg('b')];
    const stream = Buffer.concat(pictures);
    for (const chunkBytes of [1, 2, 3, 7, 1000, stream.length]) {
      const found = split(stream, chunkBytes);
      assert.equal(found.broken, 0);
      assert.deepEqual(found.pictures, pictures, `chunks of ${chunkBytes} bytes`);
    }
  });

  it('skips multipart headers and garbage between pictures', () => {
    const header = Buffer.from('\r\n--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: 300\r\n\r\n');
    const garbage = Buffer.from([0xff, 0xd8, 0x00, 0xff, 0xff, 0xd9, 0xff]);
    const { marks, broken } = split(Buffer.concat([header, jpeg('a'), header, garbage, jpeg('b'), header]), 5);
    assert.deepEqual([marks, broken], [['a', 'b'], 0]);
  });

  it('does not end a picture at the end marker of its thumbnail', () => {
    const whole = jpeg();
    const thumbnail = Buffer.concat([Buffer.from([0xff, 0xe1, 0, 0]), jpeg('thumbnail')]);
    thumbnail.writeUInt16BE(thumbnail.length - 2, 2);
    const withThumbnail = Buffer.concat([whole.subarray(0, 2), thumbnail, whole.subarray(2)]);
    assert.deepEqual(split(Buffer.concat([withThumbnail, whole]), 11).pictures, [withThumbnail, whole]);
  });

  const damages: Array<[string, Buffer]> = [
    ['cut in its header', jpeg('lost').subarray(0, 60)],
    ['cut in its pixels', jpeg('lost').subarray(0, -4)],
    ['with a segment of length 0', Buffer.concat([jpeg('lost').subarray(0, 12), Buffer.from([0xff, 0xe0, 0, 0])])],
    ['with a byte where a marker should be', Buffer.concat([jpeg('lost').subarray(0, 10), Buffer.from([1, 2, 3])])],
  ];
  for (const [what, damaged] of damages) {
    it(`throws a picture away that is ${what}, and finds a later one`, () => {
      // a header cut short takes what follows for its own: how much is lost is bounded, not zero
      const stream = Buffer.concat([jpeg('a'), damaged, ...Array.from({ length: 300 }, () => jpeg('b')), jpeg('c')]);
      const { marks, broken } = split(stream, 1000);
      assert.deepEqual([marks.at(0), marks.at(-1)], ['a', 'c']);
      assert.ok(broken >= 1);
      assert.ok(!marks.includes('lost'));
    });
  }

  it('holds no more than a picture may have', () => {
    const endless = Buffer.concat([jpeg('a').subarray(0, -2), Buffer.alloc(3_000_000, 7)]);
    const { marks, broken } = split(Buffer.concat([endless, jpeg('b')]), 64_000);
    assert.deepEqual(marks, ['b']);
    assert.equal(broken, 1);
    assert.equal(split(jpeg('a'), 400, 100).pictures.length, 0);
  });

  it('survives noise of any kind, and finds the picture after it', () => {
    let state = 7;
    for (let round = 0; round < 50; round += 1) {
      const noise = Buffer.alloc(5_000);
      for (let at = 0; at < noise.length; at += 1) {
        state = (state * 48271) % 2147483647;
        // markers are much more frequent than in real noise
        noise[at] = state % 3 === 0 ? 0xff : (state >> 8) & 255;
      }
      const tail = Array.from({ length: 300 }, () => jpeg('tail'));
      assert.equal(split(Buffer.concat([noise, ...tail]), 997).marks.at(-1), 'tail', `round ${round}`);
    }
  });

  it('counts a picture that the end of the stream cut', () => {
    let broken = 0;
    const splitter = new JpegSplitter(1e6, { onPicture: () => undefined, onBroken: () => (broken += 1) });
    splitter.push(jpeg('a').subarray(0, -1), 0);
    splitter.end();
    splitter.end();
    assert.equal(broken, 1);
  });

  it('says when the first byte of a picture arrived', () => {
    const times: number[] = [];
    const splitter = new JpegSplitter(1e6, {
      onPicture: (_bytes, atMs) => times.push(atMs),
      onBroken: () => undefined,
    });
    const picture = jpeg('a');
    splitter.push(picture.subarray(0, 50), 100);
    splitter.push(Buffer.concat([picture.subarray(50), picture]), 200);
    assert.deepEqual(times, [100, 200]);
  });

  it('passes Motion-JPEG without Huffman tables, which the decoder reads', async () => {
    const full = await noisy({ quality: 80, optimizeCoding: false });
    const bare = withoutHuffmanTables(full);
    assert.ok(bare.length < full.length - 400);
    assert.deepEqual(split(Buffer.concat([bare, bare]), 100).pictures, [bare, bare]);
    assert.deepEqual(await sharp(bare).raw().toBuffer(), await sharp(full).raw().toBuffer());
  });
});

describe('raw splitter', () => {
  it('cuts pictures of one size', () => {
    const pictures: Array<[string, number]> = [];
    let broken = 0;
    const splitter = new RawSplitter(4, {
      onPicture: (bytes, atMs) => pictures.push([bytes.toString(), atMs]),
      onBroken: () => (broken += 1),
    });
    splitter.push(Buffer.from('ab'), 1);
    splitter.push(Buffer.from('cdefghij'), 2);
    splitter.push(Buffer.from('kl'), 3);
    assert.deepEqual(pictures, [
      ['abcd', 1],
      ['efgh', 2],
      ['ijkl', 2],
    ]);
    splitter.push(Buffer.from('m'), 4);
    splitter.end();
    splitter.end();
    assert.equal(broken, 1);
  });
});
