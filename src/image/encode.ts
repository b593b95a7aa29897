import sharp from 'sharp';

/** Pixels without padding, rows from the top: 1 byte per pixel is grey, 3 are RGB. */
export interface RawImage {
  pixels: Uint8Array;
  width: number;
  height: number;
  channels: 1 | 3;
}

function open({ pixels, width, height, channels }: RawImage): sharp.Sharp {
  return sharp(pixels, { raw: { width, height, channels } });
}

/** Encodes as JPEG, grey when the pixels are; `quality` 1 to 100. */
export function encodeJpeg(image: RawImage, quality: number): Promise<Buffer> {
  const encoder = open(image);
  if (image.channels === 1) encoder.toColourspace('b-w');
  return encoder.jpeg({ quality }).toBuffer();
}

/** Encodes as PNG, lossless; grey when the pixels are. */
export function encodePng(image: RawImage): Promise<Buffer> {
  const encoder = open(image);
  if (image.channels === 1) encoder.toColourspace('b-w');
  return encoder.png().toBuffer();
}
