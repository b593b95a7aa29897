import { Mask } from '../mask';
import type { Random } from '../random';
import type { Sheet } from '../sheet';

/** Smooth random values on a grid, px displacement; read row by row with linear interpolation. */
class NoiseField {
  readonly #cell: number;
  readonly #columns: number;
  readonly #values: Float32Array;
  readonly #row: Float32Array;

  constructor(random: Random, sizePx: number, cellPx: number, amplitudePx: number) {
    this.#cell = cellPx;
    this.#columns = Math.ceil(sizePx / cellPx) + 2;
    this.#values = new Float32Array(this.#columns * this.#columns);
    for (let i = 0; i < this.#values.length; i++) this.#values[i] = amplitudePx * random.normal();
    this.#row = new Float32Array(this.#columns);
  }

  /** Adds the field's row `y` to `target`. */
  addRow(y: number, target: Float32Array): void {
    const cell = this.#cell;
    const top = Math.floor(y / cell);
    const share = y / cell - top;
    const base = top * this.#columns;
    for (let i = 0; i < this.#columns; i++) {
      const a = this.#values[base + i] as number;
      this.#row[i] = a + ((this.#values[base + i + this.#columns] as number) - a) * share;
    }
    for (let left = 0, x = 0; x < target.length; left++) {
      const a = this.#row[left] as number;
      const slope = ((this.#row[left + 1] as number) - a) / cell;
      for (let i = 0; i < cell && x < target.length; i++, x++) target[x] = (target[x] as number) + a + slope * i;
    }
  }
}

/** Random values that are read over and over with a stride: white noise cheap enough for every pixel. */
const TABLE_SIZE = 8191;

/**
 * Takes the picture of the finished layer: turned a little, edges wavering as etching and the threshold of a line-scan
 * camera leave them. A pixel next to an edge flips where the grey value was near the threshold.
 */
export function scan(sheet: Sheet, random: Random, sizePx: number, marginPx: number): Mask {
  const source = sheet.finish();
  const result = new Mask(sizePx, sizePx);
  const turn = random.chance(0.6) ? (random.normal() * 0.4 * Math.PI) / 180 : 0;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const etch = random.between(0.1, 0.7);
  const ragged = random.between(0, 0.22);
  const speckle = random.chance(0.8) ? random.between(0.05, 0.4) : 0;
  const fields = [0, 1].map(() => [
    new NoiseField(random, sizePx, 37, etch),
    new NoiseField(random, sizePx, 5, ragged),
  ]);
  const white = new Float32Array(TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) white[i] = random.between(-speckle, speckle);
  const dx = new Float32Array(sizePx);
  const dy = new Float32Array(sizePx);
  const half = sizePx / 2;
  const middle = half + marginPx;
  let noise = 0;
  for (let y = 0; y < sizePx; y++) {
    dx.fill(0);
    dy.fill(0);
    for (const field of fields[0] ?? []) field.addRow(y, dx);
    for (const field of fields[1] ?? []) field.addRow(y, dy);
    noise = random.integer(0, TABLE_SIZE - 1);
    for (let x = 0; x < sizePx; x++) {
      noise = noise + 2 < TABLE_SIZE ? noise + 2 : noise + 2 - TABLE_SIZE;
      const u = x - half + (dx[x] as number) + (white[noise] as number);
      const v = y - half + (dy[x] as number) + (white[noise === 0 ? TABLE_SIZE - 1 : noise - 1] as number);
      const sx = (middle + u * cos - v * sin + 0.5) | 0;
      const sy = (middle + u * sin + v * cos + 0.5) | 0;
      result.data[y * sizePx + x] = source.at(sx, sy);
    }
  }
  return result;
}
