import { Mask } from '../mask';
import type { Random } from '../../../kit/random';
import { COPPER, type Sheet } from '../sheet';
import { NoiseField } from './noise';

/** Random values that are read over and over with a stride: white noise cheap enough for every pixel. */
const TABLE_SIZE = 8191;

/** A board as it lies under the camera, before light and colour. */
export interface Scan {
  copper: Mask;
  /** All layers of the sheet, bits per pixel. */
  layers: Uint8Array;
}

/**
 * Lays the finished board under the camera: turned a little, edges wavering as etching leaves them.
 *
 * @param threshold whether single pixels at an edge flip, as they do when a noisy grey picture is binarised
 */
export function scan(sheet: Sheet, random: Random, sizePx: number, marginPx: number, threshold: boolean): Scan {
  const source = sheet.finish();
  const layers = new Uint8Array(sizePx * sizePx);
  const turn = random.chance(0.6) ? (random.normal() * 0.4 * Math.PI) / 180 : 0;
  const cos = Math.cos(turn);
  const sin = Math.sin(turn);
  const etch = random.between(0.1, 0.7);
  const ragged = random.between(0, threshold ? 0.22 : 0.1);
  const speckle = random.chance(0.8) && threshold ? random.between(0.05, 0.4) : 0;
  const alongX = [new NoiseField(random, sizePx, 37, etch), new NoiseField(random, sizePx, 5, ragged)];
  const alongY = [new NoiseField(random, sizePx, 37, etch), new NoiseField(random, sizePx, 5, ragged)];
  const white = new Float32Array(TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) white[i] = random.between(-speckle, speckle);
  const dx = new Float32Array(sizePx);
  const dy = new Float32Array(sizePx);
  const half = sizePx / 2;
  const middle = half + marginPx;
  for (let y = 0; y < sizePx; y++) {
    dx.fill(0);
    dy.fill(0);
    for (const field of alongX) field.addRow(y, dx);
    for (const field of alongY) field.addRow(y, dy);
    let noise = random.integer(0, TABLE_SIZE - 1);
    for (let x = 0; x < sizePx; x++) {
      noise = noise + 2 < TABLE_SIZE ? noise + 2 : noise + 2 - TABLE_SIZE;
      const u = x - half + (dx[x] as number) + (white[noise] as number);
      const v = y - half + (dy[x] as number) + (white[noise === 0 ? TABLE_SIZE - 1 : noise - 1] as number);
      const sx = (middle + u * cos - v * sin + 0.5) | 0;
      const sy = (middle + u * sin + v * cos + 0.5) | 0;
      layers[y * sizePx + x] = source.at(sx, sy);
    }
  }
  const copper = new Mask(
    sizePx,
    sizePx,
    layers.map((bits) => bits & COPPER),
  );
  return { copper, layers };
}
