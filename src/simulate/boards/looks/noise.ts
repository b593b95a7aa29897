import type { Random } from '../../../kit/random';

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

/** Smooth random values on a grid, e.g. px of displacement; read row by row interpolated. */
export class NoiseField {
  readonly #cell: number;
  readonly #columns: number;
  readonly #values: Float32Array;
  readonly #row: Float32Array;
  /** Weight of the right-hand grid value at each pixel of a cell: smoothstep, so that no grid shows. */
  readonly #weights: Float32Array;

  constructor(random: Random, sizePx: number, cellPx: number, amplitude: number) {
    this.#cell = cellPx;
    this.#columns = Math.ceil(sizePx / cellPx) + 2;
    this.#values = new Float32Array(this.#columns * this.#columns);
    for (let i = 0; i < this.#values.length; i++) this.#values[i] = amplitude * random.normal();
    this.#row = new Float32Array(this.#columns);
    this.#weights = Float32Array.from({ length: cellPx }, (_, i) => smooth(i / cellPx));
  }

  /** Adds the field's row `y` to `target`. */
  addRow(y: number, target: Float32Array): void {
    const cell = this.#cell;
    const top = Math.floor(y / cell);
    const share = smooth(y / cell - top);
    const base = top * this.#columns;
    for (let i = 0; i < this.#columns; i++) {
      const a = this.#values[base + i] as number;
      this.#row[i] = a + ((this.#values[base + i + this.#columns] as number) - a) * share;
    }
    for (let left = 0, x = 0; x < target.length; left++) {
      const a = this.#row[left] as number;
      const rise = (this.#row[left + 1] as number) - a;
      for (let i = 0; i < cell && x < target.length; i++, x++) {
        target[x] = (target[x] as number) + a + rise * (this.#weights[i] as number);
      }
    }
  }
}
