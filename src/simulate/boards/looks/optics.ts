import type { Random } from '../../../kit/random';
import { NoiseField } from './noise';

/** A picture of one number per pixel, rows without padding. */
export type Plane = Float32Array;

// The filters take a `spare` plane of the same length: one for all of them, since fresh ones cost as much as the work.

/** One pass of a box filter along rows or columns; the edge is repeated outwards. */
function boxPass(
  from: Plane,
  to: Plane,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  radius: number,
) {
  const scale = 1 / (2 * radius + 1);
  for (let line = 0; line < lines; line++) {
    const base = line * lineStep;
    const first = from[base] as number;
    const last = from[base + (length - 1) * step] as number;
    let sum = first * radius;
    for (let i = 0; i < radius; i++) sum += from[base + Math.min(i, length - 1) * step] as number;
    for (let i = 0; i < length; i++) {
      const entering = i + radius < length ? (from[base + (i + radius) * step] as number) : last;
      sum += entering;
      to[base + i * step] = sum * scale;
      sum -= i - radius >= 0 ? (from[base + (i - radius) * step] as number) : first;
    }
  }
}

/** A box filter of 2 x radius + 1 px in place, `passes` times: two passes come near a Gaussian. */
export function blur(
  plane: Plane,
  size: number,
  radius: number,
  passes: number,
  spare: Plane = new Float32Array(plane.length),
): void {
  for (let pass = 0; pass < passes; pass++) {
    boxPass(plane, spare, size, size, size, 1, radius);
    boxPass(spare, plane, size, size, 1, size, radius);
  }
}

/** A soft filter (1 w 1) / (2 + w) in both directions in place: less than a pixel of defocus. */
export function soften(
  plane: Plane,
  size: number,
  centre: number,
  spare: Plane = new Float32Array(plane.length),
): void {
  const side = 1 / (2 + centre);
  const middle = centre * side;
  softenPass(plane, spare, 1, side, middle);
  softenPass(spare, plane, size, side, middle);
}

/** Neighbours are `step` apart; the first and last `step` values have one neighbour only, which counts twice. */
function softenPass(from: Plane, to: Plane, step: number, side: number, middle: number): void {
  const last = from.length - step;
  for (let i = 0; i < step; i++) to[i] = (from[i] as number) * (middle + side) + (from[i + step] as number) * side;
  for (let i = step; i < last; i++) {
    to[i] = (from[i] as number) * middle + ((from[i - step] as number) + (from[i + step] as number)) * side;
  }
  for (let i = last; i < from.length; i++) {
    to[i] = (from[i] as number) * (middle + side) + (from[i - step] as number) * side;
  }
}

/**
 * The light on the board as a factor per pixel: a slope from a lamp at one side, the fall-off of the lens towards the
 * corners, a soft reflection, and slow unevenness.
 */
export function illumination(random: Random, size: number): Plane {
  const light = new Float32Array(size * size);
  const slopeX = random.normal() * 0.16;
  const slopeY = random.normal() * 0.16;
  const fallOff = random.between(0, 0.28);
  const spot = { x: random.next(), y: random.next(), gain: random.chance(0.4) ? random.between(0.05, 0.4) : 0 };
  const spotWidth = random.between(0.1, 0.4);
  const uneven = new NoiseField(random, size, 160, 0.05);
  const row = new Float32Array(size);
  for (let y = 0; y < size; y++) {
    row.fill(0);
    uneven.addRow(y, row);
    const v = y / size - 0.5;
    for (let x = 0; x < size; x++) {
      const u = x / size - 0.5;
      const dx = (x / size - spot.x) / spotWidth;
      const dy = (y / size - spot.y) / spotWidth;
      const glare = spot.gain / (1 + (dx * dx + dy * dy) ** 2);
      light[y * size + x] = 1 + u * slopeX + v * slopeY - fallOff * 2 * (u * u + v * v) + glare + (row[x] as number);
    }
  }
  return light;
}
