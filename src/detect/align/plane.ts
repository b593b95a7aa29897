/** Grey levels in rows; pixel (0, 0) has its centre at (0, 0). */
export interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

/** Half as wide and high, each pixel the mean of four. */
export function half({ width, height, data }: Plane): Plane {
  const [columns, rows] = [width >> 1, height >> 1];
  const result = new Float32Array(columns * rows);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = 2 * y * width + 2 * x;
      result[y * columns + x] = (data[at]! + data[at + 1]! + data[at + width]! + data[at + width + 1]!) / 4;
    }
  }
  return { width: columns, height: rows, data: result };
}

/** Smoothed by 1-2-1 both ways; the outermost pixels stay. */
export function smooth({ width, height, data }: Plane): Plane {
  const across = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      across[at] = (data[at - 1]! + 2 * data[at]! + data[at + 1]!) / 4;
    }
  }
  const result = across.slice();
  for (let at = width; at < data.length - width; at++) {
    result[at] = (across[at - width]! + 2 * across[at]! + across[at + width]!) / 4;
  }
  return { width, height, data: result };
}

/** Between pixels, bilinear; outside: the nearest pixel of the edge. */
export function sample({ width, height, data }: Plane, x: number, y: number): number {
  const u = Math.min(width - 1.001, Math.max(0, x));
  const v = Math.min(height - 1.001, Math.max(0, y));
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [right, below] = [u - left, v - top];
  const at = top * width + left;
  const above = data[at]! + right * (data[at + 1]! - data[at]!);
  const under = data[at + width]! + right * (data[at + width + 1]! - data[at + width]!);
  return above + below * (under - above);
}
