import type { Alignment } from '../../contract/alignment';
import { expected } from '../../contract/errors';
import type { Rectangle } from '../../contract/frame';
import type { GreyPlane } from '../../image/grey';
import type { Similarity } from '../../image/warp';
import { half, sample, smooth, type Plane } from './plane';
import { enlarged, poseOf, type Pose } from './pose';
import { pointsOf, refine, type Points } from './refine';

/** Longest side of the finest plane that is looked at, pixels: a third of a pixel of it is about one of 640. */
export const ALIGN_SIDE_PX = 256;

/** A part of fewer pixels in the finest plane has no turn that could be seen. */
const LEAST_PART_PX = 24;
/** How far a part may be from where it was taught, share of the picture. */
const SHIFT = 0.2;
/** Turns and sizes of the coarse search: half a step off still shows a hill that refine() climbs. */
const TURN_STEP_DEGREES = 7.5;
const SCALES = [0.93, 1.07];
/** Points of the coarse search, and places it goes on from. */
const COARSE_POINTS = 140;
const TRIES = 8;
/** Sides of the cells whose likeness is averaged: light differs over a part, and a rim alone must not decide. */
const CELLS = 8;
const CELL_POINTS = 6;
/** A cell with less contrast says nothing, grey levels. */
const FLAT = 4;

interface Offsets {
  rotationDegrees: number;
  scale: number;
  x: Int32Array;
  y: Int32Array;
}

/** A part that was taught, and how to find it in another picture. Of its own arithmetic alone: no state between pictures. */
export class PartTemplate {
  readonly #width: number;
  readonly #height: number;
  readonly #coarse: Points;
  readonly #offsets: Offsets[];
  /** By plane, from coarse to fine. */
  readonly #points: Points[];
  readonly #cells: { x: Float32Array; y: Float32Array; value: Float32Array; deviation: number; mean: number }[];
  /** Middle of the part in the finest plane. */
  readonly #middle: { x: number; y: number };

  /**
   * @param reference the whole picture as greyOf(…, ALIGN_SIDE_PX) gives it
   * @param box the part, pixels of the upright reference
   * @param rotationDegrees how far it may be turned to both sides
   * @throws InspectionError BAD_ARGUMENT for a box outside, or one that shows nothing
   */
  constructor(reference: GreyPlane, box: Rectangle, rotationDegrees: number) {
    const { sourceWidth, sourceHeight, scaleX, scaleY } = reference;
    const isInside = box.x >= 0 && box.y >= 0 && box.x + box.width <= sourceWidth && box.y + box.height <= sourceHeight;
    if (!isInside) {
      const size = `${sourceWidth}x${sourceHeight}`;
      throw expected(
        `a box inside the ${size} reference picture`,
        'the part',
        `${box.x},${box.y} ${box.width}x${box.height}`,
      );
    }
    this.#width = reference.width;
    this.#height = reference.height;
    const planes = planesOf(reference);
    const fine = {
      x: Math.round(box.x * scaleX),
      y: Math.round(box.y * scaleY),
      width: Math.round(box.width * scaleX),
      height: Math.round(box.height * scaleY),
    };
    if (Math.min(fine.width, fine.height) < LEAST_PART_PX) {
      throw expected(
        `a part of at least a tenth of the picture's longer side`,
        'the part',
        `${box.width}x${box.height} px`,
      );
    }
    this.#middle = { x: fine.x + (fine.width - 1) / 2, y: fine.y + (fine.height - 1) / 2 };
    const boxes = [4, 2, 1].map((times) => ({
      x: (fine.x + 0.5) / times - 0.5,
      y: (fine.y + 0.5) / times - 0.5,
      width: fine.width / times,
      height: fine.height / times,
    }));
    // the middle of a plane's points must be the middle of the part
    this.#points = planes.map((plane, level) =>
      centredPoints(plane, boxes[level]!, this.#middle, level, [300, 700, 1200][level]!),
    );
    this.#coarse = gridPoints(planes[0]!, boxes[0]!, this.#middle);
    if (this.#coarse.deviation < FLAT && this.#points[2]!.deviation < FLAT) {
      throw expected('a part that differs from an empty surface', 'the part', 'one grey level');
    }
    const turns = Math.ceil(rotationDegrees / TURN_STEP_DEGREES);
    const all = Array.from({ length: 2 * turns + 1 }, (_, i) =>
      turns === 0 ? 0 : ((i - turns) / turns) * rotationDegrees,
    );
    // a whole circle ends where it began
    const kept = rotationDegrees >= 180 ? all.slice(1) : all;
    this.#offsets = kept.flatMap((turn) => SCALES.map((scale) => offsetsOf(this.#coarse, turn, scale)));
    this.#cells = cellsOf(planes[2]!, fine, this.#middle);
  }

  /**
   * Finds the part.
   *
   * @param picture as greyOf(…, ALIGN_SIDE_PX) gives it
   * @returns where it most likely is; whether it is there at all says the score
   */
  find(picture: GreyPlane): Alignment & { toPicture: Similarity } {
    const planes = planesOf(picture);
    const [coarse, middle, fine] = planes as [Plane, Plane, Plane];
    const starts = this.#search(coarse);
    const climbed = starts
      .map((start) => refine(coarse, this.#points[0]!, start, 6))
      .sort((a, b) => b.correlation - a.correlation)
      .slice(0, 3)
      .map(({ pose }) => refine(middle, this.#points[1]!, enlarged(pose, 2), 6))
      .sort((a, b) => b.correlation - a.correlation)
      .slice(0, 2)
      .map(({ pose }) => refine(fine, this.#points[2]!, enlarged(pose, 2)))
      .map(({ pose }) => ({ pose, score: this.#score(fine, pose) }))
      .sort((a, b) => b.score - a.score);
    const { pose, score } = climbed[0]!;
    return this.#alignment(pose, score, picture);
  }

  /** The best places of a coarse look at every turn and size, by correlation. */
  #search(plane: Plane): Pose[] {
    const { value, mean, deviation } = this.#coarse;
    const n = value.length;
    const longer = Math.max(plane.width, plane.height);
    const reach = Math.round(SHIFT * longer);
    const [middleX, middleY] = [
      Math.round((this.#middle.x + 0.5) / 4 - 0.5),
      Math.round((this.#middle.y + 0.5) / 4 - 0.5),
    ];
    const { width, height, data } = plane;
    const found: { pose: Pose; correlation: number }[] = [];
    for (const { rotationDegrees, scale, x, y } of this.#offsets) {
      let best = -2;
      let at = { x: 0, y: 0 };
      for (let dy = -reach; dy <= reach; dy += 2) {
        for (let dx = -reach; dx <= reach; dx += 2) {
          let [sum, squares, products] = [0, 0, 0];
          for (let i = 0; i < n; i++) {
            let column = x[i]! + middleX + dx;
            let row = y[i]! + middleY + dy;
            if (column < 0) column = 0;
            else if (column >= width) column = width - 1;
            if (row < 0) row = 0;
            else if (row >= height) row = height - 1;
            const seen = data[row * width + column]!;
            sum += seen;
            squares += seen * seen;
            products += seen * value[i]!;
          }
          const seenDeviation = Math.sqrt(Math.max(1e-6, squares / n - (sum / n) ** 2));
          const correlation = (products / n - (sum / n) * mean) / (seenDeviation * deviation + 1e-6);
          if (correlation > best) {
            best = correlation;
            at = { x: dx, y: dy };
          }
        }
      }
      found.push({ pose: poseOf(rotationDegrees, scale, middleX + at.x, middleY + at.y), correlation: best });
    }
    return found
      .sort((a, b) => b.correlation - a.correlation)
      .slice(0, TRIES)
      .map(({ pose }) => pose);
  }

  /** Mean correlation of the cells that show something, 0 … 1. */
  #score(plane: Plane, { a, b, x0, y0 }: Pose): number {
    let [sum, cells] = [0, 0];
    for (const { x, y, value, mean, deviation } of this.#cells) {
      let [seenSum, squares, products] = [0, 0, 0];
      const n = x.length;
      for (let i = 0; i < n; i++) {
        const seen = sample(plane, a * x[i]! - b * y[i]! + x0, b * x[i]! + a * y[i]! + y0);
        seenSum += seen;
        squares += seen * seen;
        products += seen * value[i]!;
      }
      const seenDeviation = Math.sqrt(Math.max(0, squares / n - (seenSum / n) ** 2));
      sum += (products / n - (seenSum / n) * mean) / (Math.max(seenDeviation, 1) * deviation);
      cells++;
    }
    return Math.min(1, Math.max(0, sum / Math.max(1, cells)));
  }

  #alignment({ a, b, x0, y0 }: Pose, score: number, picture: GreyPlane): Alignment & { toPicture: Similarity } {
    // both pictures are of one shape: one scale leads from planes to pixels
    const toPixels = 1 / picture.scaleX;
    const scale = Math.hypot(a, b);
    const middle = {
      x: (this.#middle.x + 0.5) * toPixels,
      y: (this.#middle.y + 0.5) * toPixels,
    };
    const [x, y] = [(x0 + 0.5) / picture.scaleX, (y0 + 0.5) / picture.scaleY];
    const toPicture = { a, b, tx: x - a * middle.x + b * middle.y, ty: y - b * middle.x - a * middle.y };
    return {
      dx: x - middle.x,
      dy: y - middle.y,
      rotationDegrees: (Math.atan2(b, a) * 180) / Math.PI,
      scale,
      score,
      toPicture,
    };
  }

  /** Whether a picture has the shape of the reference. */
  fits({ width, height }: GreyPlane): boolean {
    return width === this.#width && height === this.#height;
  }
}

/** From coarse to fine; smoothed, so that a pixel's neighbours say where a hill is. */
function planesOf({ width, height, data }: GreyPlane): Plane[] {
  const whole: Plane = { width, height, data: Float32Array.from(data) };
  const fine = smooth(whole);
  const middle = half(fine);
  const coarse = smooth(half(middle));
  return [coarse, middle, fine];
}

const middleAt = (middle: { x: number; y: number }, times: number) => ({
  x: (middle.x + 0.5) / times - 0.5,
  y: (middle.y + 0.5) / times - 0.5,
});

function centredPoints(
  plane: Plane,
  box: Rectangle,
  middle: { x: number; y: number },
  level: number,
  count: number,
): Points {
  const centre = middleAt(middle, [4, 2, 1][level]!);
  const [x, y] = [centre.x - (box.width - 1) / 2, centre.y - (box.height - 1) / 2];
  return pointsOf(plane, { ...box, x, y }, count);
}

/** Evenly spread: a coarse look must see the whole part. */
function gridPoints(plane: Plane, box: Rectangle, middle: { x: number; y: number }): Points {
  const centre = middleAt(middle, 4);
  const step = Math.max(1, Math.sqrt((box.width * box.height) / COARSE_POINTS));
  const xs: number[] = [];
  const ys: number[] = [];
  for (let y = -box.height / 2 + step / 2; y < box.height / 2; y += step) {
    for (let x = -box.width / 2 + step / 2; x < box.width / 2; x += step) {
      xs.push(x);
      ys.push(y);
    }
  }
  const value = Float32Array.from(xs, (x, i) => sample(plane, centre.x + x, centre.y + ys[i]!));
  const mean = value.reduce((sum, each) => sum + each, 0) / value.length;
  const deviation = Math.sqrt(value.reduce((sum, each) => sum + (each - mean) ** 2, 0) / value.length);
  const none = { steepest: new Float32Array(0), inverse: new Float64Array(16) };
  return { x: Float32Array.from(xs), y: Float32Array.from(ys), value, mean, deviation, ...none };
}

function offsetsOf({ x, y }: Points, rotationDegrees: number, scale: number): Offsets {
  const { a, b } = poseOf(rotationDegrees, scale, 0, 0);
  return {
    rotationDegrees,
    scale,
    x: Int32Array.from(x, (each, i) => Math.round(a * each - b * y[i]!)),
    y: Int32Array.from(x, (each, i) => Math.round(b * each + a * y[i]!)),
  };
}

function cellsOf(plane: Plane, box: Rectangle, middle: { x: number; y: number }) {
  const cells = [];
  const [cellWidth, cellHeight] = [box.width / CELLS, box.height / CELLS];
  for (let cell = 0; cell < CELLS * CELLS; cell++) {
    const [left, top] = [(cell % CELLS) * cellWidth, Math.floor(cell / CELLS) * cellHeight];
    const points = Array.from({ length: CELL_POINTS * CELL_POINTS }, (_, i) => ({
      x: box.x + left + ((i % CELL_POINTS) + 0.5) * (cellWidth / CELL_POINTS) - 0.5 - middle.x,
      y: box.y + top + (Math.floor(i / CELL_POINTS) + 0.5) * (cellHeight / CELL_POINTS) - 0.5 - middle.y,
    }));
    const value = Float32Array.from(points, ({ x, y }) => sample(plane, middle.x + x, middle.y + y));
    const mean = value.reduce((sum, each) => sum + each, 0) / value.length;
    const deviation = Math.sqrt(value.reduce((sum, each) => sum + (each - mean) ** 2, 0) / value.length);
    if (deviation < FLAT) continue;
    cells.push({
      x: Float32Array.from(points, ({ x }) => x),
      y: Float32Array.from(points, ({ y }) => y),
      ...{ value, mean, deviation },
    });
  }
  return cells;
}
