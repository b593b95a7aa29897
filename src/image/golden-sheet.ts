import sharp from 'sharp';
import { discard } from '../kit/own-memory';
import { expected, messageOf } from '../contract/errors';

/** Colours of a sheet: a picture for a self-test need not be pretty, and so it is a fifth of the size. */
const COLOURS = 64;

interface Size {
  width: number;
  height: number;
}

/**
 * Puts pictures of the model's input size below one another into one PNG of few colours. What the model is asked is what
 * decodeSheet() gives back, not what came in here.
 *
 * @param pictures uint8 RGB, rows × columns × 3, each of the given size
 */
export async function encodeSheet(pictures: readonly Uint8Array[], { width, height }: Size): Promise<Buffer> {
  const raw = { width, height: height * pictures.length, channels: 3 as const };
  return sharp(Buffer.concat(pictures), { raw })
    .png({ palette: true, colours: COLOURS, dither: 0, compressionLevel: 9 })
    .toBuffer();
}

/**
 * The pictures of a sheet, pixel by pixel as they were written.
 *
 * @throws InspectionError MODEL_INVALID when it is no PNG, or not a whole number of pictures of the given size
 */
export async function decodeSheet(sheet: Uint8Array, count: number, { width, height }: Size): Promise<Uint8Array[]> {
  const wanted = `a PNG of ${width} × ${height * count} pixels`;
  // a sheet of another size is not decoded at all
  const { data, info } = await sharp(sheet, { limitInputPixels: width * height * count })
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw expected(wanted, 'the golden pictures of the self-test', messageOf(error), 'MODEL_INVALID');
    });
  if (info.width !== width || info.height !== height * count || info.channels !== 3) {
    const received = `${info.width} × ${info.height} pixels of ${info.channels} channels`;
    throw expected(wanted, 'the golden pictures of the self-test', received, 'MODEL_INVALID');
  }
  const size = width * height * 3;
  // copies, so that each can be given back when it was asked
  const pictures = Array.from({ length: count }, (_, i) => new Uint8Array(data.subarray(i * size, (i + 1) * size)));
  discard([data]);
  return pictures;
}
