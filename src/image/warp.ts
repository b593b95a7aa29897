import type { FrameInfo, Rectangle } from '../contract/frame';
import { rgbPixels, withUpright } from './letterbox';

/** Turns, scales and moves: a point (x, y) becomes (a·x − b·y + tx, b·x + a·y + ty). */
export interface Similarity {
  a: number;
  b: number;
  tx: number;
  ty: number;
}

export interface RgbPicture {
  /** uint8 RGB, rows without padding. */
  pixels: Buffer;
  width: number;
  height: number;
}

/** What lies outside of the picture. */
const OUTSIDE = 114;

/** Decodes a whole picture, upright. @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE */
export function decodeRgb(image: Uint8Array, frame: Partial<FrameInfo> | undefined): Promise<RgbPicture> {
  return withUpright(image, frame, async ({ picture, width, height }) => ({
    pixels: await rgbPixels(picture.removeAlpha().toColourspace('srgb')),
    width,
    height,
  }));
}

/**
 * The part of a picture that a region of the reference shows, as it lies there; bilinear.
 *
 * @param toPicture leads from pixels of the reference to pixels of the picture
 * @param region whole pixels of the reference
 */
export function warpRgb({ pixels, width, height }: RgbPicture, toPicture: Similarity, region: Rectangle): RgbPicture {
  const { a, b, tx, ty } = toPicture;
  const result = Buffer.allocUnsafeSlow(region.width * region.height * 3);
  let at = 0;
  for (let row = 0; row < region.height; row++) {
    const y = region.y + row + 0.5;
    let u = a * (region.x + 0.5) - b * y + tx - 0.5;
    let v = b * (region.x + 0.5) + a * y + ty - 0.5;
    for (let column = 0; column < region.width; column++, at += 3, u += a, v += b) {
      const left = Math.floor(u);
      const top = Math.floor(v);
      if (left < 0 || top < 0 || left >= width - 1 || top >= height - 1) {
        result[at] = result[at + 1] = result[at + 2] = OUTSIDE;
        continue;
      }
      // weights of 8 bits: whole numbers are quicker, and no level is off by more than one
      const right = ((u - left) * 256) | 0;
      const below = ((v - top) * 256) | 0;
      const [w01, w10] = [right * (256 - below), (256 - right) * below];
      const [w00, w11] = [(256 - right) * (256 - below), right * below];
      const from = (top * width + left) * 3;
      const under = from + width * 3;
      for (let channel = 0; channel < 3; channel++) {
        const sum =
          pixels[from + channel]! * w00 +
          pixels[from + 3 + channel]! * w01 +
          pixels[under + channel]! * w10 +
          pixels[under + 3 + channel]! * w11;
        result[at + channel] = (sum + 32_768) >> 16;
      }
    }
  }
  return { pixels: result, width: region.width, height: region.height };
}
