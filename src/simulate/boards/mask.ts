export interface Point {
  x: number;
  y: number;
}

/**
 * A picture of ones and zeros, row by row: 1 is copper, 0 is bare board. Drawing outside is clipped.
 */
export class Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  constructor(width: number, height: number, data?: Uint8Array) {
    this.width = width;
    this.height = height;
    this.data = data ?? new Uint8Array(width * height);
  }

  clone(): Mask {
    return new Mask(this.width, this.height, this.data.slice());
  }

  /** The pixel at whole coordinates; outside the picture 0. */
  at(x: number, y: number): number {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return 0;
    return this.data[y * this.width + x] as number;
  }

  /** Calls `visit` with every run [from, to) of pixels whose centre is inside the polygon (even-odd rule). */
  #spans(points: readonly Point[], visit: (from: number, to: number) => boolean): void {
    let top = Infinity;
    let bottom = -Infinity;
    for (const point of points) {
      top = Math.min(top, point.y);
      bottom = Math.max(bottom, point.y);
    }
    const firstRow = Math.max(0, Math.ceil(top - 0.5));
    const lastRow = Math.min(this.height - 1, Math.floor(bottom - 0.5));
    const crossings: number[] = [];
    for (let row = firstRow; row <= lastRow; row++) {
      const y = row + 0.5;
      crossings.length = 0;
      let previous = points[points.length - 1] as Point;
      for (const point of points) {
        if (previous.y <= y !== point.y <= y) {
          crossings.push(previous.x + ((y - previous.y) * (point.x - previous.x)) / (point.y - previous.y));
        }
        previous = point;
      }
      if (crossings.length > 2) crossings.sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const a = crossings[i] as number;
        const b = crossings[i + 1] as number;
        const from = Math.max(0, Math.ceil(Math.min(a, b) - 0.5));
        const to = Math.min(this.width, Math.ceil(Math.max(a, b) - 0.5));
        if (to > from && !visit(row * this.width + from, row * this.width + to)) return;
      }
    }
  }

  fill(points: readonly Point[], value: 0 | 1): void {
    this.#spans(points, (from, to) => {
      this.data.fill(value, from, to);
      return true;
    });
  }

  /** Sets a bit of every pixel inside the polygon, for masks that keep several layers in one byte. */
  mark(points: readonly Point[], bit: number): void {
    this.#spans(points, (from, to) => {
      for (let i = from; i < to; i++) this.data[i] = (this.data[i] as number) | bit;
      return true;
    });
  }

  /** True when no pixel inside the polygon has the value. */
  isFreeOf(points: readonly Point[], value: 0 | 1): boolean {
    let free = true;
    this.#spans(points, (from, to) => {
      free = !this.data.subarray(from, to).includes(value);
      return free;
    });
    return free;
  }
}
