import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { InspectionError } from '../../src/contract/errors';
import { decodeAndLetterbox } from '../../src/image/letterbox';
import { letterboxGeometry } from '../../src/image/letterbox-geometry';

const INPUT = { width: 64, height: 64 };

/** A picture: left half red, right half blue. */
function twoHalves(width: number, height: number, channels: 3 | 4 = 3): sharp.Sharp {
  const data = Buffer.alloc(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      data[at] = x < width / 2 ? 255 : 0;
      data[at + 2] = x < width / 2 ? 0 : 255;
      if (channels === 4) data[at + 3] = 128;
    }
  }
  return sharp(data, { raw: { width, height, channels } });
}

function pixel(pixels: Uint8Array, x: number, y: number): number[] {
  return [...pixels.subarray((y * INPUT.width + x) * 3, (y * INPUT.width + x) * 3 + 3)];
}

function near(actual: number[], wanted: number[], tolerance = 6): void {
  actual.forEach((value, channel) => {
    assert.ok(Math.abs(value - (wanted[channel] as number)) <= tolerance, `${actual.join()} is not ${wanted.join()}`);
  });
}

async function refusal(image: Buffer, frame?: object): Promise<InspectionError> {
  return decodeAndLetterbox(image, frame, INPUT).then(
    () => assert.fail('was accepted'),
    (error: unknown) => error as InspectionError,
  );
}

describe('letterboxGeometry', () => {
  // expected values computed with Ultralytics' LetterBox(auto=False, scaleup=True) for 640
  const cases: [
    width: number,
    height: number,
    scale: number,
    padLeft: number,
    padTop: number,
    content: [number, number],
  ][] = [
    [640, 480, 1, 0, 80, [640, 480]],
    [480, 640, 1, 80, 0, [480, 640]],
    [1280, 720, 0.5, 0, 140, [640, 360]],
    [320, 240, 2, 0, 80, [640, 480]],
    [1000, 667, 0.64, 0, 106, [640, 427]],
    [586, 640, 1, 27, 0, [586, 640]],
    [3, 640, 1, 318, 0, [3, 640]],
  ];
  for (const [width, height, scale, padLeft, padTop, content] of cases) {
    it(`${width}x${height}`, () => {
      const found = letterboxGeometry(width, height, { x: 0, y: 0, width, height }, 640, 640);
      assert.equal(found.scale, scale);
      assert.deepEqual([found.padLeft, found.padTop], [padLeft, padTop]);
      assert.deepEqual([found.contentWidth, found.contentHeight], content);
    });
  }

  it('keeps at least one pixel of a very wide picture', () => {
    const found = letterboxGeometry(10000, 1, { x: 0, y: 0, width: 10000, height: 1 }, 640, 640);
    assert.equal(found.contentHeight, 1);
  });
});

describe('decodeAndLetterbox', () => {
  it('centres without stretching and fills the borders with grey 114', async () => {
    const result = await decodeAndLetterbox(await twoHalves(128, 64).png().toBuffer(), undefined, INPUT);
    assert.equal(result.pixels.length, 64 * 64 * 3);
    assert.deepEqual(pixel(result.pixels, 10, 5), [114, 114, 114]);
    assert.deepEqual(pixel(result.pixels, 10, 60), [114, 114, 114]);
    near(pixel(result.pixels, 10, 32), [255, 0, 0]);
    near(pixel(result.pixels, 54, 32), [0, 0, 255]);
    assert.deepEqual([result.sourceWidth, result.sourceHeight, result.scale], [128, 64, 0.5]);
  });

  it('applies EXIF orientation: 6 is a quarter turn', async () => {
    const image = await twoHalves(128, 64).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const result = await decodeAndLetterbox(image, undefined, INPUT);
    assert.deepEqual([result.sourceWidth, result.sourceHeight], [64, 128]);
    near(pixel(result.pixels, 32, 10), [255, 0, 0], 12);
    near(pixel(result.pixels, 32, 54), [0, 0, 255], 12);
  });

  it('turns by frame.rotate and cuts frame.region out of the upright picture', async () => {
    const image = await twoHalves(128, 64).png().toBuffer();
    const result = await decodeAndLetterbox(
      image,
      { rotate: 90, region: { x: 0, y: 64, width: 64, height: 64 } },
      INPUT,
    );
    assert.deepEqual([result.sourceWidth, result.sourceHeight], [64, 128]);
    assert.deepEqual(result.region, { x: 0, y: 64, width: 64, height: 64 });
    near(pixel(result.pixels, 32, 32), [0, 0, 255]);
  });

  it('clips a region that leaves the picture, refuses one that misses it', async () => {
    const image = await twoHalves(128, 64).png().toBuffer();
    const result = await decodeAndLetterbox(image, { region: { x: 100, y: -10, width: 100, height: 40 } }, INPUT);
    assert.deepEqual(result.region, { x: 100, y: 0, width: 28, height: 30 });
    const error = await refusal(image, { region: { x: 200, y: 0, width: 10, height: 10 } });
    assert.match(error.message, /^Expected a region that overlaps the 128x64 image for region but received/);
  });

  it('takes raw RGB', async () => {
    const raw = await twoHalves(64, 64).raw().toBuffer();
    const result = await decodeAndLetterbox(raw, { format: 'rgb24', width: 64, height: 64 }, INPUT);
    assert.deepEqual(Buffer.from(result.pixels), raw);
    const error = await refusal(raw.subarray(1), { format: 'rgb24', width: 64, height: 64 });
    assert.equal(error.code, 'BAD_IMAGE');
    assert.match(error.message, /^Expected 12288 bytes \(64x64 rgb24\) for the raw picture but received/);
  });

  const forms: [name: string, image: () => Promise<Buffer>, centre: number[]][] = [
    ['grey JPEG', () => twoHalves(64, 64).greyscale().jpeg().toBuffer(), [54, 54, 54]],
    ['alpha PNG, alpha ignored', () => twoHalves(64, 64, 4).png().toBuffer(), [255, 0, 0]],
    ['CMYK JPEG', () => twoHalves(64, 64).toColourspace('cmyk').jpeg().toBuffer(), [255, 0, 0]],
    ['16-bit PNG', () => twoHalves(64, 64).toColourspace('rgb16').png().toBuffer(), [255, 0, 0]],
    ['16-bit grey PNG', () => twoHalves(64, 64).toColourspace('grey16').png().toBuffer(), [54, 54, 54]],
    ['WebP', () => twoHalves(64, 64).webp({ lossless: true }).toBuffer(), [255, 0, 0]],
    ['palette PNG', () => twoHalves(64, 64).png({ palette: true }).toBuffer(), [255, 0, 0]],
  ];
  for (const [name, make, wanted] of forms) {
    it(`decodes ${name} to 8-bit RGB`, async () => {
      const { pixels } = await decodeAndLetterbox(await make(), undefined, INPUT);
      assert.equal(pixels.length, 64 * 64 * 3);
      // colour management of CMYK moves pure colours; being red and not blue is what counts
      if (name.startsWith('CMYK')) assert.ok((pixel(pixels, 10, 32)[0] as number) > 180);
      else if (name.includes('grey')) assert.equal(new Set(pixel(pixels, 10, 32)).size, 1);
      else near(pixel(pixels, 10, 32), wanted, 10);
    });
  }

  it('enlarges a 1x1 picture', async () => {
    const { pixels, scale } = await decodeAndLetterbox(await twoHalves(1, 1).png().toBuffer(), undefined, INPUT);
    assert.equal(scale, 64);
    assert.equal(pixels.length, 64 * 64 * 3);
  });

  it('refuses bytes that are no picture, each with one sentence', async () => {
    const jpeg = await twoHalves(64, 64).jpeg().toBuffer();
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const bytes of [Buffer.alloc(0), Buffer.from('hello'), jpeg.subarray(0, jpeg.length / 2), svg]) {
      const error = await refusal(bytes);
      assert.equal(error.code, 'BAD_IMAGE', error.message);
      assert.match(error.message, /^Expected /);
    }
  });

  it('accepts stray bytes after the picture, as cheap cameras send them', async () => {
    const jpeg = await twoHalves(64, 64).jpeg().toBuffer();
    await decodeAndLetterbox(Buffer.concat([jpeg, Buffer.from('stray')]), undefined, INPUT);
  });

  it('refuses a header of 60,000 x 60,000 pixels before decoding it', async () => {
    const png = await twoHalves(64, 64).png().toBuffer();
    // IHDR: width and height at 16, CRC over type and data at 29
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    const error = await refusal(png);
    assert.equal(error.code, 'IMAGE_TOO_LARGE');
    assert.match(error.message, /^Expected at most 100 megapixels/);
  });
});

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
