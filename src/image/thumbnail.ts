import sharp from 'sharp';
import type { Rotation } from '../contract/frame';

/**
 * A small upright JPEG of a picture, for reports.
 *
 * @param image encoded bytes
 * @param maxPixels length of the longer side at most, pixels
 * @param rotate clockwise turn on top of EXIF orientation
 */
export function thumbnail(image: Uint8Array, maxPixels: number, rotate: Rotation = 0): Promise<Buffer> {
  return sharp(image)
    .autoOrient()
    .rotate(rotate)
    .resize(maxPixels, maxPixels, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .jpeg({ quality: 70 })
    .toBuffer();
}
