import { InspectionError, expected } from '../contract/errors';

/** Pixels as rows of RGB from the top, as sharp takes raw pictures. */
export interface RgbPicture {
  data: Uint8Array;
  width: number;
  height: number;
}

/** BITMAPFILEHEADER. */
const FILE_HEADER = 14;
/** BITMAPINFOHEADER, which all later headers begin with. */
const INFO_HEADER = 40;
const UNCOMPRESSED = 0;
const BITFIELDS = 3;
/** Masks of red, green and blue in a 32-bit pixel as everybody writes them: B, G, R, unused. */
const USUAL_MASKS = [0x00ff0000, 0x0000ff00, 0x000000ff];
const DEPTHS: readonly number[] = [8, 24, 32];

export function isBmp(image: Uint8Array): boolean {
  return image[0] === 0x42 && image[1] === 0x4d;
}

/** Pixels that a bitmap's header declares; 0 where there is no whole header. */
export function bmpPixels(image: Uint8Array): number {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  return bytes.length < FILE_HEADER + INFO_HEADER ? 0 : Math.abs(bytes.readInt32LE(18) * bytes.readInt32LE(22));
}

/**
 * Decodes a Windows bitmap, which frame grabbers and inspection software write and libvips does not read: uncompressed, 8
 * bits with a palette, 24 or 32 bits; from the bottom up or from the top down (Microsoft, "Bitmap Storage").
 *
 * @param maxPixels more are refused before anything is allocated
 * @throws InspectionError BAD_IMAGE for another kind of bitmap or one cut short, IMAGE_TOO_LARGE
 */
export function decodeBmp(image: Uint8Array, maxPixels: number): RgbPicture {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  if (bytes.length < FILE_HEADER + INFO_HEADER || bytes.readUInt32LE(14) < INFO_HEADER) throw notWhole(bytes);
  const width = bytes.readInt32LE(18);
  const signedHeight = bytes.readInt32LE(22);
  const height = Math.abs(signedHeight);
  const depth = bytes.readUInt16LE(28);
  if (width < 1 || height < 1)
    throw expected('a picture of at least 1x1 pixels', 'the bitmap', `${width}x${height}`, 'BAD_IMAGE');
  if (width * height > maxPixels) {
    throw new InspectionError(
      'IMAGE_TOO_LARGE',
      `Expected at most ${maxPixels / 1e6} megapixels for the image but its header declares more`,
    );
  }
  checkKind(bytes, depth);
  const start = bytes.readUInt32LE(10);
  const stride = Math.ceil((width * depth) / 32) * 4;
  if (start + stride * height > bytes.length) throw notWhole(bytes);
  const data = new Uint8Array(width * height * 3);
  const colours = depth === 8 ? palette(bytes) : undefined;
  for (let row = 0; row < height; row++) {
    const from = start + stride * (signedHeight > 0 ? height - 1 - row : row);
    copyRow(bytes, from, depth / 8, colours, data.subarray(row * width * 3, (row + 1) * width * 3));
  }
  return { data, width, height };
}

function notWhole(bytes: Buffer): InspectionError {
  return new InspectionError('BAD_IMAGE', `Expected a whole bitmap for the image but received ${bytes.length} bytes`);
}

function checkKind(bytes: Buffer, depth: number): void {
  const compression = bytes.readUInt32LE(30);
  // the masks follow the 40 bytes of the first header, or lie at the same place in a later, longer one
  const usual =
    compression === BITFIELDS &&
    depth === 32 &&
    bytes.length >= FILE_HEADER + INFO_HEADER + 12 &&
    USUAL_MASKS.every((mask, i) => bytes.readUInt32LE(FILE_HEADER + INFO_HEADER + 4 * i) === mask);
  if (DEPTHS.includes(depth) && (compression === UNCOMPRESSED || usual)) return;
  const found = `${depth} bits per pixel, compression ${compression}`;
  throw expected('an uncompressed bitmap with 8, 24 or 32 bits per pixel', 'the image', found, 'BAD_IMAGE');
}

/** 256 colours as B, G, R, unused; those that the file leaves out are black. */
function palette(bytes: Buffer): Uint8Array {
  const at = FILE_HEADER + bytes.readUInt32LE(14);
  const count = Math.min(256, bytes.readUInt32LE(46) || 256);
  const colours = new Uint8Array(256 * 4);
  colours.set(bytes.subarray(at, at + 4 * count));
  return colours;
}

/** One row of B, G, R (and a byte more with 32 bits), or of places in the palette, as R, G, B. */
function copyRow(
  bytes: Buffer,
  from: number,
  pixelBytes: number,
  colours: Uint8Array | undefined,
  out: Uint8Array,
): void {
  const source = colours ?? bytes;
  for (let to = 0, at = from; to < out.length; to += 3, at += pixelBytes) {
    const place = colours ? (bytes[at] as number) * 4 : at;
    out[to] = source[place + 2] as number;
    out[to + 1] = source[place + 1] as number;
    out[to + 2] = source[place] as number;
  }
}
