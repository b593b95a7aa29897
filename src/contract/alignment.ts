import type { Rectangle } from './frame';

/** Where to look for the part, and what it looks like. */
export interface AlignRequest {
  /** Path of a picture that shows the part as it should lie, of the size that frames have. */
  reference: string;
  /** The part in it, pixels of the upright reference. */
  box: Rectangle;
  /** A part may be turned by up to so many degrees to both sides; 180: any turn. Default 15. */
  rotationDegrees?: number;
  /** Least likeness that counts as found, 0 … 1. Default 0.4. */
  leastScore?: number;
  /** What a frame without the part becomes: not inspected, or a detection that fails it. Default `not-inspected`. */
  notFound?: NotFound;
}

export const NOT_FOUND = ['not-inspected', 'fail'] as const;
export type NotFound = (typeof NOT_FOUND)[number];

/** Label of the detection that stands for a part that is not there; its class id is −1. */
export const PART_NOT_FOUND = 'part not found';

export const ALIGN_DEFAULTS = { rotationDegrees: 15, leastScore: 0.4, notFound: 'not-inspected' } as const;

/** Where the part lies, from where it lies in the reference picture. */
export interface Alignment {
  /** Of the middle of the part, pixels. */
  dx: number;
  dy: number;
  /** Clockwise. */
  rotationDegrees: number;
  /** Times as large as in the reference. */
  scale: number;
  /** Likeness to the reference, 0 … 1. */
  score: number;
}
