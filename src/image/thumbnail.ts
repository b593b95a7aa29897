import sharp from 'sharp';

/**
 * A small upright JPEG of a picture, for reports.
 *
 * @param image encoded bytes
 * @param maxPixels length of the longer side at most, pixels
 */
export function thumbnail(image: Uint8Array, maxPixels: number): Promise<Buffer> {
  return sharp(image)
    .autoOrient()
    .resize(maxPixels, maxPixels, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#fff' })
    .jpeg({ quality: 70 })
    .toBuffer();
}
