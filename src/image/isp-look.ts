import sharp from 'sharp';

/** How a camera's image processor may make the same scene look. */
export interface IspLook {
  /** Gains of red, green and blue: white balance. */
  gains: readonly [number, number, number];
  /** Exponent of the tone curve, 1 … 3: darker middle tones above 1. */
  gamma: number;
  /** Side of the median filter, pixels; 0 for none: noise reduction. */
  denoise: number;
  /** Quality of the JPEG coder, 1 … 100. */
  quality: number;
}

/** Looks of Raspberry Pi cameras under the light of halls: cold, warm, dim with strong noise reduction, coarse JPEG. */
export const ISP_LOOKS: readonly IspLook[] = [
  { gains: [0.88, 1, 1.12], gamma: 1, denoise: 0, quality: 90 },
  { gains: [1.12, 1, 0.86], gamma: 1.15, denoise: 0, quality: 85 },
  { gains: [0.85, 0.85, 0.85], gamma: 1.3, denoise: 3, quality: 80 },
  { gains: [1.1, 1.08, 1.1], gamma: 1, denoise: 3, quality: 55 },
];

/**
 * A picture as another image processor would have given it.
 *
 * @param image encoded bytes
 * @returns a JPEG
 */
export async function withIspLook(image: Uint8Array, look: IspLook): Promise<Buffer> {
  // decoded first: gains per channel need three of them, and a grey picture only gets them on output
  const { data, info } = await sharp(image)
    .autoOrient()
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const picture = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  picture.linear([...look.gains], [0, 0, 0]);
  if (look.gamma > 1) picture.gamma(look.gamma, 1);
  if (look.denoise > 0) picture.median(look.denoise);
  return picture.jpeg({ quality: look.quality }).toBuffer();
}
