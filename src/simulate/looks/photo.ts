import type { Mask } from '../mask';
import type { Random } from '../random';

/** The board as a colour photograph, RGB. */
export function photo(mask: Mask, random: Random): Uint8Array {
  const pixels = new Uint8Array(mask.data.length * 3);
  const copper = [random.integer(40, 90), random.integer(120, 180), random.integer(60, 110)];
  const bare = [random.integer(10, 40), random.integer(70, 110), random.integer(30, 60)];
  for (let i = 0; i < mask.data.length; i++) pixels.set(mask.data[i] === 1 ? copper : bare, i * 3);
  return pixels;
}
