import { Mask, type Point } from '../mask';
import type { Random } from '../../../kit/random';

/** Where a stroke of the brush falls: a small mask and its place in the picture. */
export interface Patch {
  x: number;
  y: number;
  mask: Mask;
}

export interface Stroke {
  path: Point[];
  /** Half the width at the beginning and at the end of the path, px. */
  from: number;
  to: number;
}

type Tip = (mask: Mask, x: number, y: number, radius: number) => void;

function round(mask: Mask, cx: number, cy: number, radius: number): void {
  const limit = radius * radius;
  for (let y = Math.ceil(cy - radius); y <= cy + radius; y++) {
    for (let x = Math.ceil(cx - radius); x <= cx + radius; x++) {
      const dx = x - cx;
      const dy = y - cy;
      if (dx * dx + dy * dy <= limit) set(mask, x, y);
    }
  }
}

function diamond(mask: Mask, cx: number, cy: number, radius: number): void {
  const r = Math.max(1, Math.round(radius * 0.7));
  const mx = Math.round(cx);
  const my = Math.round(cy);
  for (let y = -r; y <= r; y++)
    for (let x = -r; x <= r; x++) if (Math.abs(x) + Math.abs(y) <= r) set(mask, mx + x, my + y);
}

function square(mask: Mask, cx: number, cy: number, radius: number): void {
  const r = Math.max(1, Math.round(radius * 0.85));
  const mx = Math.round(cx);
  const my = Math.round(cy);
  for (let y = -r; y <= r; y++) for (let x = -r; x <= r; x++) set(mask, mx + x, my + y);
}

function set(mask: Mask, x: number, y: number): void {
  if (x >= 0 && y >= 0 && x < mask.width && y < mask.height) mask.data[y * mask.width + x] = 1;
}

interface Texture {
  weight: number;
  tip: Tip;
  /** Distance between two dabs of the tip, in half widths of the stroke: from, to. */
  spacing: [number, number];
  /** How far dabs stray from the path, in half widths. */
  scatter: number;
  /** Share of pixels that the stroke leaves out. */
  pores: number;
}

/** What took copper away: smooth, frayed, or leaving specks behind. By value drawn: 0 bare board, 1 copper. */
const TEXTURES: Record<0 | 1, readonly Texture[]> = {
  0: [
    { weight: 50, tip: round, spacing: [0.25, 0.5], scatter: 0, pores: 0 },
    { weight: 10, tip: round, spacing: [0.3, 0.9], scatter: 0.35, pores: 0 },
    { weight: 12, tip: round, spacing: [0.3, 0.8], scatter: 0.25, pores: 0.12 },
    { weight: 6, tip: square, spacing: [0.4, 0.8], scatter: 0, pores: 0 },
    { weight: 14, tip: diamond, spacing: [0.3, 0.9], scatter: 0.35, pores: 0.08 },
    { weight: 8, tip: diamond, spacing: [0.5, 1.3], scatter: 0.5, pores: 0 },
  ],
  1: [
    { weight: 70, tip: round, spacing: [0.25, 0.5], scatter: 0, pores: 0 },
    { weight: 12, tip: round, spacing: [0.3, 0.9], scatter: 0.35, pores: 0 },
    { weight: 6, tip: square, spacing: [0.4, 0.8], scatter: 0, pores: 0 },
    { weight: 6, tip: diamond, spacing: [0.3, 0.9], scatter: 0.35, pores: 0.05 },
    { weight: 6, tip: diamond, spacing: [0.4, 1.1], scatter: 0.4, pores: 0 },
  ],
};

/** Draws strokes with one texture into a patch just large enough. */
export function paint(random: Random, strokes: readonly Stroke[], value: 0 | 1): Patch {
  const texture = random.weighted(TEXTURES[value]);
  const spots: (Point & { radius: number })[] = [];
  for (const { path, from, to } of strokes) {
    const lengths = path.slice(1).map((b, i) => Math.hypot(b.x - (path[i] as Point).x, b.y - (path[i] as Point).y));
    const total = lengths.reduce((sum, length) => sum + length, 0);
    let segment = 0;
    let before = 0;
    for (let at = 0; at <= total;) {
      while (segment < lengths.length - 1 && at > before + (lengths[segment] as number))
        before += lengths[segment++] as number;
      const a = path[segment] as Point;
      const b = path[Math.min(segment + 1, path.length - 1)] as Point;
      const share = Math.min(1, (at - before) / (lengths[segment] || 1));
      const radius = Math.max(0.8, from + ((to - from) * at) / (total || 1));
      spots.push({
        x: a.x + (b.x - a.x) * share + radius * texture.scatter * random.normal(),
        y: a.y + (b.y - a.y) * share + radius * texture.scatter * random.normal(),
        radius,
      });
      at += Math.max(0.5, radius * random.between(...texture.spacing));
    }
  }
  const left = Math.floor(Math.min(...spots.map((s) => s.x - s.radius))) - 2;
  const top = Math.floor(Math.min(...spots.map((s) => s.y - s.radius))) - 2;
  const right = Math.ceil(Math.max(...spots.map((s) => s.x + s.radius))) + 3;
  const bottom = Math.ceil(Math.max(...spots.map((s) => s.y + s.radius))) + 3;
  const mask = new Mask(right - left, bottom - top);
  for (const spot of spots) texture.tip(mask, spot.x - left, spot.y - top, spot.radius);
  if (texture.pores > 0) {
    for (let i = 0; i < mask.data.length; i++) if (mask.data[i] === 1 && random.chance(texture.pores)) mask.data[i] = 0;
  }
  return { x: left, y: top, mask };
}

/** A path from `a` that wanders towards `b`; `bow` is its sag over its length. */
export function bowed(random: Random, a: Point, b: Point, bow: number): Point[] {
  const steps = 6;
  const nx = -(b.y - a.y) * bow;
  const ny = (b.x - a.x) * bow;
  const shake = Math.min(1.2, Math.hypot(b.x - a.x, b.y - a.y) * 0.04);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps;
    const sag = 4 * t * (1 - t);
    const loose = i === 0 || i === steps ? 0 : shake * random.normal();
    return { x: a.x + (b.x - a.x) * t + nx * sag + loose, y: a.y + (b.y - a.y) * t + ny * sag + loose };
  });
}

/** A small random figure about `length` px long around a point: a spot, a line, a hook, a scribble. */
export function doodle(random: Random, at: Point, length: number): Point[] {
  const corners = random.weighted([
    { weight: 45, corners: 1 },
    { weight: 30, corners: 2 },
    { weight: 15, corners: 3 },
    { weight: 10, corners: 6 },
  ]).corners;
  // lying figures are commoner than standing ones in the labelled data: boxes are a tenth wider than high
  let angle = random.chance(0.3) ? random.normal() * 0.4 : random.between(0, 2 * Math.PI);
  const pace = length / Math.sqrt(corners);
  const path: Point[] = [{ x: at.x - (Math.cos(angle) * pace) / 2, y: at.y - (Math.sin(angle) * pace) / 2 }];
  for (let i = 0; i < corners; i++) {
    const last = path[path.length - 1] as Point;
    const long = pace * random.between(0.6, 1.2);
    const next = { x: last.x + Math.cos(angle) * long, y: last.y + Math.sin(angle) * long };
    path.push(...bowed(random, last, next, random.normal() * 0.12).slice(1));
    angle += random.normal() * 1.4;
  }
  return path;
}
