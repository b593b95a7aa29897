import { sample, type Plane } from './plane';
import type { Pose } from './pose';

/** Points of the part in one plane of the reference, ready to be moved about. */
export interface Points {
  /** From the middle of the part, pixels of the plane. */
  x: Float32Array;
  y: Float32Array;
  /** Grey levels there. */
  value: Float32Array;
  /** What each point says about moving, scaling and turning: four numbers a point. */
  steepest: Float32Array;
  /** Inverse of the sum of their products, 4 × 4. */
  inverse: Float64Array;
  mean: number;
  deviation: number;
}

const MAX_TURNS = 12;
/** Less than this of a pixel is no movement. */
const STILL_PX = 0.01;

/**
 * The strongest points of a box: one in each of about `count` cells, where the grey level changes most.
 *
 * @param box pixels of the plane, its middle is the part's
 */
export function pointsOf(
  plane: Plane,
  box: { x: number; y: number; width: number; height: number },
  count: number,
): Points {
  const step = Math.max(1, Math.sqrt((box.width * box.height) / count));
  const [middleX, middleY] = [box.x + (box.width - 1) / 2, box.y + (box.height - 1) / 2];
  const found: { x: number; y: number; gx: number; gy: number }[] = [];
  for (let top = box.y + 1; top < box.y + box.height - 1; top += step) {
    for (let left = box.x + 1; left < box.x + box.width - 1; left += step) {
      let best: (typeof found)[number] | undefined;
      let most = -1;
      for (let y = Math.ceil(top); y < Math.min(top + step, box.y + box.height - 1, plane.height - 1); y++) {
        for (let x = Math.ceil(left); x < Math.min(left + step, box.x + box.width - 1, plane.width - 1); x++) {
          if (x < 1 || y < 1) continue;
          const at = y * plane.width + x;
          const gx = (plane.data[at + 1]! - plane.data[at - 1]!) / 2;
          const gy = (plane.data[at + plane.width]! - plane.data[at - plane.width]!) / 2;
          if (gx * gx + gy * gy <= most) continue;
          most = gx * gx + gy * gy;
          best = { x, y, gx, gy };
        }
      }
      if (best) found.push(best);
    }
  }
  const n = found.length;
  const x = Float32Array.from(found, (point) => point.x - middleX);
  const y = Float32Array.from(found, (point) => point.y - middleY);
  const value = Float32Array.from(found, (point) => plane.data[point.y * plane.width + point.x]!);
  const mean = value.reduce((sum, each) => sum + each, 0) / Math.max(1, n);
  const deviation = Math.sqrt(value.reduce((sum, each) => sum + (each - mean) ** 2, 0) / Math.max(1, n));
  const steepest = new Float32Array(4 * n);
  for (const [i, { gx, gy }] of found.entries()) {
    steepest.set([gx, gy, gx * x[i]! + gy * y[i]!, -gx * y[i]! + gy * x[i]!], 4 * i);
  }
  return { x, y, value, steepest, inverse: inverted(productsOf(steepest)), mean, deviation };
}

/**
 * Moves a pose to where the plane looks most like the points: inverse compositional Lucas-Kanade with a similarity transform
 * (Baker and Matthews, "Lucas-Kanade 20 years on", IJCV 2004), brightness and contrast taken out.
 *
 * @returns the pose, and the correlation of the points there, −1 … 1
 */
export function refine(
  plane: Plane,
  points: Points,
  start: Pose,
  turns = MAX_TURNS,
): { pose: Pose; correlation: number } {
  const n = points.x.length;
  const seen = new Float32Array(n);
  let pose = start;
  let correlation = look(plane, points, pose, seen);
  let best = { pose, correlation };
  for (let turn = 0; turn < turns; turn++) {
    const [mean, deviation] = momentsOf(seen);
    const gain = points.deviation / Math.max(1e-3, deviation);
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const error = (seen[i]! - mean) * gain - (points.value[i]! - points.mean);
      for (let k = 0; k < 4; k++) sums[k] = sums[k]! + points.steepest[4 * i + k]! * error;
    }
    const [tx, ty, da, db] = [0, 1, 2, 3].map((row) =>
      sums.reduce((sum, each, column) => sum + points.inverse[4 * row + column]! * each, 0),
    ) as [number, number, number, number];
    pose = without(pose, { a: 1 + da, b: db, x0: tx, y0: ty });
    if (!Number.isFinite(pose.x0 + pose.y0 + pose.a + pose.b)) break;
    correlation = look(plane, points, pose, seen);
    if (correlation > best.correlation) best = { pose, correlation };
    if (Math.hypot(tx, ty) < STILL_PX && Math.hypot(da, db) < 1e-4) break;
  }
  return best;
}

/** The pose after a step is taken back from the part's side. */
function without(pose: Pose, step: Pose): Pose {
  const size = step.a * step.a + step.b * step.b;
  const a = (pose.a * step.a + pose.b * step.b) / size;
  const b = (pose.b * step.a - pose.a * step.b) / size;
  return { a, b, x0: pose.x0 - a * step.x0 + b * step.y0, y0: pose.y0 - b * step.x0 - a * step.y0 };
}

/** What the plane shows where the points would be; gives their correlation. */
function look(
  plane: Plane,
  { x, y, value, mean, deviation }: Points,
  { a, b, x0, y0 }: Pose,
  seen: Float32Array,
): number {
  for (let i = 0; i < seen.length; i++) {
    seen[i] = sample(plane, a * x[i]! - b * y[i]! + x0, b * x[i]! + a * y[i]! + y0);
  }
  const [seenMean, seenDeviation] = momentsOf(seen);
  let sum = 0;
  for (let i = 0; i < seen.length; i++) sum += (seen[i]! - seenMean) * (value[i]! - mean);
  return sum / Math.max(1e-6, seen.length * seenDeviation * deviation);
}

function momentsOf(values: Float32Array): [mean: number, deviation: number] {
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return [mean, Math.sqrt(Math.max(0, squares / values.length - mean * mean))];
}

function productsOf(steepest: Float32Array): Float64Array {
  const products = new Float64Array(16);
  for (let i = 0; i < steepest.length; i += 4) {
    for (let k = 0; k < 4; k++) {
      for (let l = 0; l < 4; l++) products[4 * k + l]! += steepest[i + k]! * steepest[i + l]!;
    }
  }
  return products;
}

/** Gauss-Jordan; a matrix that has no inverse gives zeros: nothing can be said, nothing moves. */
function inverted(matrix: Float64Array): Float64Array {
  const left = matrix.slice();
  const right = new Float64Array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
  for (let pivot = 0; pivot < 4; pivot++) {
    let from = pivot;
    for (let row = pivot + 1; row < 4; row++) {
      if (Math.abs(left[4 * row + pivot]!) > Math.abs(left[4 * from + pivot]!)) from = row;
    }
    const head = left[4 * from + pivot]!;
    if (!(Math.abs(head) > 1e-9)) return new Float64Array(16);
    for (const side of [left, right]) {
      for (let k = 0; k < 4; k++) {
        const other = side[4 * from + k]!;
        side[4 * from + k] = side[4 * pivot + k]!;
        side[4 * pivot + k] = other / head;
      }
    }
    for (let row = 0; row < 4; row++) {
      if (row === pivot) continue;
      const factor = left[4 * row + pivot]!;
      for (const side of [left, right]) {
        for (let k = 0; k < 4; k++) side[4 * row + k] = side[4 * row + k]! - factor * side[4 * pivot + k]!;
      }
    }
  }
  return right;
}
