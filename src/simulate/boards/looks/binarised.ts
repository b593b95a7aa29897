import type { Mask } from '../mask';

/** Copper black on white, one byte per pixel: what an inspection camera's threshold delivers. */
export function binarised(mask: Mask): Uint8Array {
  const pixels = new Uint8Array(mask.data.length);
  for (let i = 0; i < pixels.length; i++) pixels[i] = mask.data[i] === 1 ? 0 : 255;
  return pixels;
}
