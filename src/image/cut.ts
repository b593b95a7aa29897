import { expected } from '../contract/errors';
import type { FrameInfo, Rectangle } from '../contract/frame';
import { withUpright } from './letterbox';

export interface CutRequest {
  frame?: Partial<FrameInfo>;
  /** What is cut out, pixels of the upright picture; clipped to it. undefined: the whole picture. */
  area?: Rectangle;
}

/** High enough that a reviewer sees the sensor's noise rather than the codec's. */
const JPEG_QUALITY = 95;

/**
 * Cuts a part out of a picture at full resolution, upright, as JPEG.
 *
 * @returns the JPEG, and what it shows in pixels of the upright picture
 * @throws InspectionError BAD_IMAGE, BAD_ARGUMENT when the area lies outside
 */
export function cutPicture(
  image: Uint8Array,
  { frame, area }: CutRequest,
): Promise<{ jpeg: Uint8Array; area: Rectangle }> {
  return withUpright(image, frame, async ({ picture, width, height }) => {
    const wanted = area ?? { x: 0, y: 0, width, height };
    const left = Math.max(0, Math.floor(wanted.x));
    const top = Math.max(0, Math.floor(wanted.y));
    const right = Math.min(width, Math.ceil(wanted.x + wanted.width));
    const bottom = Math.min(height, Math.ceil(wanted.y + wanted.height));
    if (right <= left || bottom <= top) {
      throw expected(`an area within ${width} × ${height} pixels`, 'the part to cut out', JSON.stringify(area));
    }
    const shown = { x: left, y: top, width: right - left, height: bottom - top };
    const jpeg = await picture
      .extract({ left, top, width: shown.width, height: shown.height })
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' })
      .toBuffer();
    return { jpeg, area: shown };
  });
}
