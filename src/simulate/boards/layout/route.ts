import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule } from '../shapes';
import type { Sheet } from '../sheet';

/** The eight directions of board routing; index times 45 degrees, clockwise on screen from the right. */
export const DIRECTIONS: readonly Point[] = Array.from({ length: 8 }, (_, i) => {
  const angle = (i * Math.PI) / 4;
  return { x: Math.cos(angle), y: Math.sin(angle) };
});

export function direction(index: number): Point {
  return DIRECTIONS[((index % 8) + 8) % 8] as Point;
}

export function step(from: Point, index: number, lengthPx: number): Point {
  const d = direction(index);
  return { x: from.x + d.x * lengthPx, y: from.y + d.y * lengthPx };
}

export function drawPath(sheet: Sheet, path: readonly Point[], halfWidth: number): void {
  for (let i = 1; i < path.length; i++) sheet.copper(capsule(path[i - 1] as Point, path[i] as Point, halfWidth));
}

export interface RouteOptions {
  start: Point;
  heading: number;
  halfWidth: number;
  clearance: number;
  /** Distance from the start that is not tested: the pad that the trace leaves. */
  skip: number;
  segments: number;
  lengthPx: [number, number];
}

/**
 * Walks a trace away from its start in steps of 45 degrees, never closer than the clearance to other copper.
 * It does not draw, so a walk that got nowhere can be dropped.
 */
export function walk(sheet: Sheet, random: Random, options: RouteOptions): Point[] {
  const path = [options.start];
  let heading = options.heading;
  for (let segment = 0; segment < options.segments; segment++) {
    const from = path[path.length - 1] as Point;
    const skip = segment === 0 ? options.skip : 0;
    let next: Point | undefined;
    for (let attempt = 0; attempt < 5 && !next; attempt++) {
      // a trace turns by 45 degrees and comes back near its first heading: no loops
      const turned =
        segment === 0 && attempt === 0
          ? heading
          : Math.max(options.heading - 2, Math.min(options.heading + 2, heading + random.sign()));
      const length = skip + random.logBetween(...options.lengthPx) / (attempt + 1);
      const end = step(from, turned, length);
      if (sheet.isClear(capsule(step(from, turned, skip), end, options.halfWidth), options.clearance)) {
        next = end;
        heading = turned;
      }
    }
    if (!next) break;
    path.push(next);
    if (next.x < 0 || next.y < 0 || next.x > sheet.size || next.y > sheet.size) break;
  }
  return path;
}

/** Points that a corner is replaced with. */
const BEND_STEPS = 6;

/** The path with its corners replaced by curves that begin `radius` px before them, where the legs are long enough. */
export function rounded(path: readonly Point[], radius: number): Point[] {
  if (radius <= 0) return [...path];
  return path.flatMap((corner, i) => {
    const before = path[i - 1];
    const after = path[i + 1];
    if (!before || !after) return [corner];
    const toBefore = Math.hypot(before.x - corner.x, before.y - corner.y) || 1;
    const toAfter = Math.hypot(after.x - corner.x, after.y - corner.y) || 1;
    const reach = Math.min(radius, toBefore * 0.45, toAfter * 0.45);
    const a = {
      x: corner.x + ((before.x - corner.x) * reach) / toBefore,
      y: corner.y + ((before.y - corner.y) * reach) / toBefore,
    };
    const b = {
      x: corner.x + ((after.x - corner.x) * reach) / toAfter,
      y: corner.y + ((after.y - corner.y) * reach) / toAfter,
    };
    // a quadratic Bezier curve with the corner as its control point
    return Array.from({ length: BEND_STEPS + 1 }, (_, k) => {
      const t = k / BEND_STEPS;
      const p = (1 - t) * (1 - t);
      const q = 2 * t * (1 - t);
      return { x: p * a.x + q * corner.x + t * t * b.x, y: p * a.y + q * corner.y + t * t * b.y };
    });
  });
}

/** The path moved sideways by `offset` px, corners mitred: how the traces of a bus follow each other. */
export function offsetPath(path: readonly Point[], offset: number): Point[] {
  return path.map((point, i) => {
    const normals: Point[] = [];
    for (const [a, b] of [
      [path[i - 1], point],
      [point, path[i + 1]],
    ]) {
      if (!a || !b) continue;
      const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
      normals.push({ x: -(b.y - a.y) / length, y: (b.x - a.x) / length });
    }
    const n1 = normals[0] ?? { x: 0, y: 0 };
    const n2 = normals[1] ?? n1;
    const scale = offset / Math.max(0.3, 1 + n1.x * n2.x + n1.y * n2.y);
    return { x: point.x + (n1.x + n2.x) * scale, y: point.y + (n1.y + n2.y) * scale };
  });
}

/** How far along its segments a path stays clear, as the path cut there; less than two points when nowhere. */
export function clearPart(sheet: Sheet, path: readonly Point[], halfWidth: number, clearance: number): Point[] {
  const clear = path.slice(0, 1);
  for (let i = 1; i < path.length; i++) {
    const a = path[i - 1] as Point;
    const b = path[i] as Point;
    for (const share of [1, 0.7, 0.4]) {
      const end = { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share };
      if (!sheet.isClear(capsule(a, end, halfWidth), clearance)) continue;
      clear.push(end);
      if (share === 1) break;
      return clear;
    }
    if (clear.length <= i) return clear;
  }
  return clear;
}
