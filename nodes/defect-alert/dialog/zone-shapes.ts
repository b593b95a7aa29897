// What can be done to the corners of a zone: fractions of the picture, x from the left, y from the top.

export type Point = [number, number];

/** Fewer corners are no area. */
export const LEAST_CORNERS = 3;
/** As the rules have it. */
export const MOST_CORNERS = 64;

/** Within the picture, to a thousandth: finer than a finger, and short in the text. */
const clip = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;

/** The four corners between two that lie opposite, clockwise from the upper left. */
export function rectangle([x1, y1]: Point, [x2, y2]: Point): Point[] {
  const [left, right] = [clip(Math.min(x1, x2)), clip(Math.max(x1, x2))];
  const [top, bottom] = [clip(Math.min(y1, y2)), clip(Math.max(y1, y2))];
  return [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
}

export function pointAt(x: number, y: number): Point {
  return [clip(x), clip(y)];
}

/** Moves a corner, not out of the picture. */
export function moveCorner(points: readonly Point[], index: number, dx: number, dy: number): Point[] {
  return points.map(([x, y], at) => (at === index ? pointAt(x + dx, y + dy) : [x, y]));
}

/** Moves all corners as far as the picture goes: the shape stays. */
export function moveAll(points: readonly Point[], dx: number, dy: number): Point[] {
  const within = (values: number[], by: number) =>
    Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), by));
  const byX = within(
    points.map(([x]) => x),
    dx,
  );
  const byY = within(
    points.map(([, y]) => y),
    dy,
  );
  return points.map(([x, y]) => pointAt(x + byX, y + byY));
}

/** A new corner half way to the next. */
export function splitEdge(points: readonly Point[], index: number): Point[] {
  const [here, next] = [points[index], points[(index + 1) % points.length]];
  if (here === undefined || next === undefined || points.length >= MOST_CORNERS) return [...points];
  const middle = pointAt((here[0] + next[0]) / 2, (here[1] + next[1]) / 2);
  return [...points.slice(0, index + 1), middle, ...points.slice(index + 1)];
}

export function removeCorner(points: readonly Point[], index: number): Point[] {
  return points.length > LEAST_CORNERS ? points.filter((_, at) => at !== index) : [...points];
}

/** Whether a shape has an area to speak of: a click is no rectangle. */
export function hasArea(points: readonly Point[]): boolean {
  const span = (values: number[]) => Math.max(...values) - Math.min(...values);
  return points.length >= LEAST_CORNERS && span(points.map(([x]) => x)) > 0.01 && span(points.map(([, y]) => y)) > 0.01;
}
