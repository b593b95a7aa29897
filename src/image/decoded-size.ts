import type { Metadata } from 'sharp';
import { InspectionError } from '../contract/errors';
import { ByteBudget } from '../kit/byte-budget';

/** More pixels than this are refused before decoding (a decompression bomb would fill the Pi's RAM): 100 megapixels. */
export const MAX_INPUT_PIXELS = 100_000_000;

/** What a picture of that size takes at 8 bits and three colours; one that takes more is refused, bytes. */
export const MAX_DECODED_BYTES = 3 * MAX_INPUT_PIXELS;

/** Of all pictures that are decoded at once in this process: as much as the largest alone. */
const BUDGET = new ByteBudget(MAX_DECODED_BYTES);

/** Bytes of one sample, by what libvips calls its kind. */
const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  ...{ uchar: 1, char: 1, ushort: 2, short: 2, uint: 4, int: 4, float: 4, complex: 8, double: 8, dpcomplex: 16 },
};

/** Formats whose decoders need the whole picture at once, whatever its kind; others give it row by row. */
const WHOLE: ReadonlySet<string> = new Set(['gif', 'heif', 'webp', 'tiff']);

/**
 * Memory that decoding a picture takes at most, bytes: of the whole picture, where it is interlaced, progressive, or is going to
 * be turned; else next to nothing, because it is decoded row by row. Measured with 80 megapixels (resident, above the estimate
 * at most 60 MB): 16-bit interlaced PNG 535 MB, progressive JPEG 237 MB, GIF 387 MB, baseline JPEG 8 MB.
 */
export function decodedBytes(metadata: Metadata, isTurned: boolean): number {
  const { width, height, channels, depth, format, isProgressive } = metadata;
  const pixels = width * height;
  const samples = pixels * channels * (SAMPLE_BYTES[depth] ?? 16);
  // coefficients of 2 bytes; the colours mostly have a quarter of the places
  if (format === 'jpeg' && isProgressive) {
    const coefficients = 2 * pixels * (metadata.chromaSubsampling === '4:2:0' ? 1.5 : channels);
    return Math.max(coefficients, isTurned ? samples : 0);
  }
  return isProgressive || isTurned || WHOLE.has(format) ? samples : 0;
}

/** Refuses a picture that would take too much memory. @throws InspectionError IMAGE_TOO_LARGE */
export function checkDecodedBytes(bytes: number): void {
  if (bytes <= MAX_DECODED_BYTES) return;
  throw new InspectionError(
    'IMAGE_TOO_LARGE',
    `Expected at most ${MAX_DECODED_BYTES / 1e6} MB of pixels to be kept at once for the image but received ${Math.ceil(bytes / 1e6)} MB (interlaced, progressive, turned or of 16 bits)`,
  );
}

/** Decodes when there is memory for it: pictures that need much wait for one another. */
export function withMemory<T>(bytes: number, decode: () => Promise<T>): Promise<T> {
  return BUDGET.use(bytes, decode);
}
