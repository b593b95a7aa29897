import type { Rectangle } from '../../../contract/frame';
import { flood, SIDES, SIDES_AND_CORNERS } from '../flood';
import { Mask } from '../mask';

/** Pieces of 4- or 8-connected pixels of a value inside a window. */
export interface Pieces {
  copper: number;
  bare: number;
}

/** A part of a mask whose pieces are followed; each pixel belongs to one piece and is counted once. */
class Window {
  readonly width: number;
  readonly height: number;
  readonly #x0: number;
  readonly #y0: number;
  /** A copy: dividing indexes to find each pixel in the mask took longer than the rest. */
  readonly #values: Uint8Array;
  readonly #seen: Uint8Array;

  /** The window is clipped to the mask. */
  constructor(mask: Mask, left: number, top: number, right: number, bottom: number) {
    this.#x0 = Math.max(0, left);
    this.#y0 = Math.max(0, top);
    this.width = Math.max(0, Math.min(mask.width, right) - this.#x0);
    this.height = Math.max(0, Math.min(mask.height, bottom) - this.#y0);
    this.#values = new Uint8Array(this.width * this.height);
    for (let y = 0; y < this.height; y++) {
      const from = (this.#y0 + y) * mask.width + this.#x0;
      this.#values.set(mask.data.subarray(from, from + this.width), y * this.width);
    }
    this.#seen = new Uint8Array(this.width * this.height);
  }

  valueAt(index: number): number {
    return this.#values[index] as number;
  }

  /** Where a pixel of the mask lies in the window; undefined outside. */
  indexOf(x: number, y: number): number | undefined {
    const column = x - this.#x0;
    const row = y - this.#y0;
    return column >= 0 && row >= 0 && column < this.width && row < this.height ? row * this.width + column : undefined;
  }

  /** Size of the piece that holds this pixel, px; 0 when the piece was counted before. */
  take(start: number): number {
    const values = this.#values;
    const seen = this.#seen;
    if (seen[start]) return 0;
    const value = values[start];
    return flood(this.width, this.height, start, value === 1 ? SIDES_AND_CORNERS : SIDES, (index) => {
      if (seen[index] || values[index] !== value) return false;
      seen[index] = 1;
      return true;
    });
  }
}

/**
 * Counts the pieces of copper (8-connected) and of bare board (4-connected) in the window, specks below `minAreaPx`
 * left out. What a defect does to these counts is what it is: an open parts copper, a short parts bare board.
 */
export function countPieces(
  mask: Mask,
  left: number,
  top: number,
  right: number,
  bottom: number,
  minAreaPx: number,
): Pieces {
  const part = new Window(mask, left, top, right, bottom);
  const pieces: Pieces = { copper: 0, bare: 0 };
  for (let start = 0; start < part.width * part.height; start++) {
    if (part.take(start) >= minAreaPx) pieces[part.valueAt(start) === 1 ? 'copper' : 'bare']++;
  }
  return pieces;
}

/** Area inside the window of the pieces that hold any of the pixels (indexes into the mask) with this value, px. */
export function areaOfPieces(mask: Mask, window: Rectangle, pixels: Iterable<number>, value: 0 | 1): number {
  const part = new Window(mask, window.x, window.y, window.x + window.width, window.y + window.height);
  let area = 0;
  for (const pixel of pixels) {
    if (mask.data[pixel] !== value) continue;
    const start = part.indexOf(pixel % mask.width, Math.floor(pixel / mask.width));
    if (start !== undefined) area += part.take(start);
  }
  return area;
}

/** A part of a mask with one value grown by a pixel in all directions; the picture's rim is repeated outwards. */
export function grownByOne(mask: Mask, window: Rectangle, value: 0 | 1): Mask {
  const x0 = Math.max(0, window.x);
  const y0 = Math.max(0, window.y);
  const width = Math.max(0, Math.min(mask.width, window.x + window.width) - x0);
  const height = Math.max(0, Math.min(mask.height, window.y + window.height) - y0);
  const grown = new Mask(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let found = false;
      for (let v = Math.max(0, y0 + y - 1); v <= Math.min(mask.height - 1, y0 + y + 1) && !found; v++) {
        for (let u = Math.max(0, x0 + x - 1); u <= Math.min(mask.width - 1, x0 + x + 1) && !found; u++) {
          found = mask.data[v * mask.width + u] === value;
        }
      }
      grown.data[y * width + x] = found ? value : 1 - value;
    }
  }
  return grown;
}
