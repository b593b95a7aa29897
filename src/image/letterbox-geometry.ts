import type { Rectangle } from '../contract/frame';

/** How a source picture sits in the model's input. */
export interface LetterboxGeometry {
  /** Pixels of the upright source image. */
  sourceWidth: number;
  sourceHeight: number;
  /** The inspected part of the upright source image; the whole of it without a region of interest. */
  region: Rectangle;
  /** Input pixels per source pixel. */
  scale: number;
  /** Grey border left of and above the picture, input pixels. */
  padLeft: number;
  padTop: number;
  /** Size of the scaled picture inside the borders, input pixels. */
  contentWidth: number;
  contentHeight: number;
}

export interface Letterboxed extends LetterboxGeometry {
  /** uint8 RGB, rows × columns × 3 (HWC), `height * width * 3` bytes of the model's input size. */
  pixels: Uint8Array;
}

/**
 * Where a picture of the given size lands in the model's input: as large as fits without stretching, centred. The
 * rounding (−0.1 before the half) is that of Ultralytics' LetterBox, so that odd borders fall on the same side.
 *
 * @param region the inspected part, already inside the source image
 */
export function letterboxGeometry(
  sourceWidth: number,
  sourceHeight: number,
  region: Rectangle,
  inputWidth: number,
  inputHeight: number,
): LetterboxGeometry {
  const scale = Math.min(inputWidth / region.width, inputHeight / region.height);
  const contentWidth = Math.min(inputWidth, Math.max(1, Math.round(region.width * scale)));
  const contentHeight = Math.min(inputHeight, Math.max(1, Math.round(region.height * scale)));
  return {
    sourceWidth,
    sourceHeight,
    region,
    scale,
    contentWidth,
    contentHeight,
    padLeft: Math.max(0, Math.round((inputWidth - contentWidth) / 2 - 0.1)),
    padTop: Math.max(0, Math.round((inputHeight - contentHeight) / 2 - 0.1)),
  };
}
