import type { FrameInfo } from '../contract/frame';
import { withUpright } from './letterbox';

/** Brightness of a picture, made small. */
export interface GreyPlane {
  width: number;
  height: number;
  /** 0 … 255, rows without padding. */
  data: Uint8Array;
  /** Its pixels per pixel of the upright picture, along each side. */
  scaleX: number;
  scaleY: number;
  /** Pixels of the upright picture. */
  sourceWidth: number;
  sourceHeight: number;
}

/**
 * Decodes a picture upright as grey, no longer than `side` pixels. JPEGs are decoded at a fraction of their size already.
 *
 * @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE
 */
export function greyOf(image: Uint8Array, frame: Partial<FrameInfo> | undefined, side: number): Promise<GreyPlane> {
  return withUpright(image, frame, async ({ picture, width, height }) => {
    const scale = Math.min(1, side / Math.max(width, height));
    const [columns, rows] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
    if (scale < 1) picture.resize(columns, rows, { fit: 'fill', kernel: 'linear' });
    const { data } = await picture
      .flatten({ background: '#fff' })
      .greyscale()
      .toColourspace('b-w')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return {
      ...{ width: columns, height: rows, data },
      ...{ scaleX: columns / width, scaleY: rows / height, sourceWidth: width, sourceHeight: height },
    };
  });
}
