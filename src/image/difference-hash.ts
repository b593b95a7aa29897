import type { View } from '../contract/view';
import { withView } from './letterbox';

/** Grey pixels per row and rows of the small picture that is compared. */
const COLUMNS = 17;
const ROWS = 16;

/** Bits of a hash. */
export const HASH_BITS = (COLUMNS - 1) * ROWS;

/**
 * Perceptual hash of a picture: whether each of 16 × 16 grey pixels is darker than its right neighbour (dHash, Krawetz
 * 2013). Pictures that look alike differ in few bits, however they are coded.
 *
 * @param image encoded bytes
 * @param view only this part counts, turned like this; default: the whole picture
 * @returns 32 bytes
 */
export async function differenceHash(image: Uint8Array, view?: View): Promise<Uint8Array> {
  const grey = await withView(image, view, ({ picture }) =>
    picture.greyscale().resize(COLUMNS, ROWS, { fit: 'fill' }).raw().toBuffer(),
  );
  const hash = new Uint8Array(HASH_BITS / 8);
  for (let bit = 0; bit < HASH_BITS; bit++) {
    const at = Math.floor(bit / (COLUMNS - 1)) * COLUMNS + (bit % (COLUMNS - 1));
    if (grey[at]! < grey[at + 1]!) hash[bit >> 3]! |= 1 << (bit & 7);
  }
  return hash;
}

/** Number of bits in which two hashes differ. */
export function hashDistance(a: Uint8Array, b: Uint8Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; i++) {
    for (let difference = a[i]! ^ b[i]!; difference > 0; difference &= difference - 1) distance++;
  }
  return distance;
}
