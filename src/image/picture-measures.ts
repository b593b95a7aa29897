import type { PictureMeasures } from '../contract/picture-measures';
import type { Letterboxed } from './letterbox-geometry';

/** Pixels that are looked at, and how far apart they are at least: those of a 640-pixel picture. */
const MOST_LOOKED_AT = 25_600;
const LEAST_STEP = 4;
/** From here on a pixel is clipped, and up to its mirror at the bottom. */
const TOP = 250;
const BOTTOM = 255 - TOP;

/** Share of the pixels that are darker than what counts as bright. */
const BRIGHT_SHARE = 0.9;

function countIn(histogram: Uint32Array, from: number, to: number): number {
  return histogram.subarray(from, to + 1).reduce((sum, count) => sum + count, 0);
}

/** Brightness below which `count` pixels lie. */
function brightnessOf(histogram: Uint32Array, count: number): number {
  let below = 0;
  for (const [brightness, pixels] of histogram.entries()) {
    below += pixels;
    if (below > count) return brightness;
  }
  return 255;
}

/** BT.601 weights of 256. */
function luminance(pixels: Uint8Array, at: number): number {
  return (77 * (pixels[at] ?? 0) + 150 * (pixels[at + 1] ?? 0) + 29 * (pixels[at + 2] ?? 0)) >> 8;
}

/** Where a picture lies among pixels. */
export interface PixelArea {
  /** uint8 RGB, rows × columns × 3. */
  pixels: Uint8Array;
  columns: number;
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Measures the picture inside the grey borders of a model's input. @param inputWidth its columns */
export function measurePicture(prepared: Letterboxed, inputWidth: number): PictureMeasures {
  const { pixels, padLeft, padTop, contentWidth, contentHeight } = prepared;
  const inside = { left: padLeft, top: padTop, width: contentWidth, height: contentHeight };
  return measurePixels({ pixels, columns: inputWidth, ...inside });
}

/**
 * Measures a picture by some of its pixels. The sharpness is the mean absolute Laplacian over the mean brightness (a modified
 * Laplacian, Nayar & Nakajima 1994, in the comparison of Pertuz et al. 2013): light alone does not move it.
 */
export function measurePixels({ pixels, columns, left, top, width, height }: PixelArea): PictureMeasures {
  const stride = columns * 3;
  const step = Math.max(LEAST_STEP, Math.ceil(Math.sqrt((width * height) / MOST_LOOKED_AT)));
  const histogram = new Uint32Array(256);
  let [sum, edges, count] = [0, 0, 0];
  for (let y = top + 1; y < top + height - 1; y += step) {
    for (let x = left + 1; x < left + width - 1; x += step) {
      const at = y * stride + x * 3;
      const centre = luminance(pixels, at);
      const across = luminance(pixels, at - 3) + luminance(pixels, at + 3);
      const down = luminance(pixels, at - stride) + luminance(pixels, at + stride);
      sum += centre;
      edges += Math.abs(2 * centre - across) + Math.abs(2 * centre - down);
      histogram[centre] = (histogram[centre] ?? 0) + 1;
      count += 1;
    }
  }
  if (count === 0) return { level: 0, bright: 0, clipped: 0, sharpness: 0 };
  const level = sum / count;
  const clipped = countIn(histogram, 0, BOTTOM) + countIn(histogram, TOP, 255);
  return {
    level,
    bright: brightnessOf(histogram, BRIGHT_SHARE * count),
    clipped: clipped / count,
    sharpness: edges / count / Math.max(1, level),
  };
}
