import type { Rectangle } from './frame';

/** A box in pixels of the upright source image (after EXIF orientation), clipped to it; x, y the top-left corner. */
export type Box = Rectangle;

/** One thing the model saw. The only detection type in the product; lists are sorted by falling confidence. */
export interface Detection {
  label: string;
  classId: number;
  /** 0 … 1 */
  confidence: number;
  box: Box;
  /** Where it is in the reference picture, pixels, where parts are aligned to one; zones are given there. */
  reference?: Box;
}
