import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../../src/image/encode';
import { TINY_SIZE } from '../helpers/tiny-model';

/** Pixels per cell of the tiny model. */
const CELL = 16;
const COLOURS = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
] as const;

/** What colour a cell of the picture `seed` has: 0, 1, 2, or more for grey. */
const colourOf = (cell: number, seed: number): number => (cell * 7 + seed * 5) % 6;

/** The coloured cells of a picture: the right answer. */
export function colouredCells(seed: number): { classId: number; row: number; column: number }[] {
  return Array.from({ length: 16 }, (_, cell) => ({
    classId: colourOf(cell, seed),
    row: Math.floor(cell / 4),
    column: cell % 4,
  })).filter(({ classId }) => classId < COLOURS.length);
}

/** A grey picture of 4 × 4 cells; some of them, told by `seed`, are pure red, green or blue: classes 0, 1, 2. */
export function cellPicture(seed: number): Promise<Buffer> {
  const pixels = new Uint8Array(TINY_SIZE * TINY_SIZE * 3);
  for (let y = 0; y < TINY_SIZE; y++) {
    for (let x = 0; x < TINY_SIZE; x++) {
      const cell = Math.floor(y / CELL) * 4 + Math.floor(x / CELL);
      const colour = colourOf(cell, seed);
      const grey = 40 + ((seed * 29 + x * 3 + y) % 150);
      pixels.set(COLOURS[colour] ?? [grey, grey, grey], (y * TINY_SIZE + x) * 3);
    }
  }
  return encodePng({ pixels, width: TINY_SIZE, height: TINY_SIZE, channels: 3 });
}

/** Writes `count` different pictures. */
export async function writePictures(folder: string, count: number): Promise<string> {
  mkdirSync(folder, { recursive: true });
  for (let seed = 0; seed < count; seed++) writeFileSync(join(folder, `${seed}.png`), await cellPicture(seed));
  return folder;
}
