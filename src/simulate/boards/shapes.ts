import type { Point } from './mask';

/** Corners on a full turn of a round outline; at 40 px radius the polygon is off by 0.2 px. */
const ROUND_STEPS = 32;

function arc(x: number, y: number, radius: number, from: number, to: number, steps: number): Point[] {
  const points: Point[] = [];
  for (let i = 0; i <= steps; i++) {
    const angle = from + ((to - from) * i) / steps;
    points.push({ x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle) });
  }
  return points;
}

/** A shape that knows its outline at any growth, px: drawn at 0, tested for clearance or cut from a pour at more. */
export type Shape = (growPx: number) => Point[];

export function disc(x: number, y: number, radius: number): Shape {
  return (grow) => arc(x, y, radius + grow, 0, 2 * Math.PI, radius > 30 ? 3 * ROUND_STEPS : ROUND_STEPS);
}

/** A straight piece of trace: the segment a-b with half its width around it and round ends. */
export function capsule(a: Point, b: Point, radius: number): Shape {
  const along = Math.atan2(b.y - a.y, b.x - a.x);
  return (grow) => [
    ...arc(b.x, b.y, radius + grow, along - Math.PI / 2, along + Math.PI / 2, 8),
    ...arc(a.x, a.y, radius + grow, along + Math.PI / 2, along + (3 * Math.PI) / 2, 8),
  ];
}

export interface RectangleShape {
  x: number;
  y: number;
  halfWidth: number;
  halfHeight: number;
  /** Corner size, px: cut straight when `chamfer`, otherwise rounded. */
  corner?: number;
  chamfer?: boolean;
  angle?: number;
}

export function rectangle(r: RectangleShape): Shape {
  return (grow) => {
    const w = r.halfWidth + grow;
    const h = r.halfHeight + grow;
    const corner = Math.min((r.corner ?? 0) + (r.corner ? grow : 0), w, h);
    const turns: [number, number][] = [
      [1, 1],
      [-1, 1],
      [-1, -1],
      [1, -1],
    ];
    const local = turns.flatMap(([sx, sy], i) =>
      arc(
        sx * (w - corner),
        sy * (h - corner),
        corner,
        (i * Math.PI) / 2,
        ((i + 1) * Math.PI) / 2,
        corner === 0 || r.chamfer ? 1 : 6,
      ),
    );
    const cos = Math.cos(r.angle ?? 0);
    const sin = Math.sin(r.angle ?? 0);
    return local.map((p) => ({ x: r.x + p.x * cos - p.y * sin, y: r.y + p.x * sin + p.y * cos }));
  };
}

/** A straight piece that changes its width: from `halfA` at a to `halfB` at b, with square ends. */
export function taper(a: Point, b: Point, halfA: number, halfB: number): Shape {
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  const x = (b.x - a.x) / length;
  const y = (b.y - a.y) / length;
  return (grow) =>
    [
      { from: a, along: -grow, across: halfA + grow },
      { from: b, along: grow, across: halfB + grow },
      { from: b, along: grow, across: -halfB - grow },
      { from: a, along: -grow, across: -halfA - grow },
    ].map(({ from, along, across }) => ({ x: from.x + x * along - y * across, y: from.y + y * along + x * across }));
}
