import { flood, SIDES } from '../flood';
import type { Mask, Point } from '../mask';
import type { Random } from '../../../kit/random';

/** A place on the border of copper, and the unit direction into the copper there. */
export interface EdgeSite extends Point {
  inward: Point;
}

/** Half the side of the window that the direction of an edge is taken from, px. */
const NORMAL_REACH = 5;

/** Indexes of all copper pixels that touch bare board, a few px off the picture's rim. */
export function edgePixels(mask: Mask, rimPx: number): Int32Array {
  const { width, height, data } = mask;
  const found: number[] = [];
  for (let y = rimPx; y < height - rimPx; y++) {
    for (let i = y * width + rimPx; i < (y + 1) * width - rimPx; i++) {
      if (data[i] === 1 && !(data[i - 1] && data[i + 1] && data[i - width] && data[i + width])) found.push(i);
    }
  }
  return Int32Array.from(found);
}

export function edgeSite(mask: Mask, edges: Int32Array, random: Random): EdgeSite | undefined {
  if (edges.length === 0) return undefined;
  const index = edges[random.integer(0, edges.length - 1)] as number;
  const x = index % mask.width;
  const y = Math.floor(index / mask.width);
  let sumX = 0;
  let sumY = 0;
  for (let dy = -NORMAL_REACH; dy <= NORMAL_REACH; dy++) {
    for (let dx = -NORMAL_REACH; dx <= NORMAL_REACH; dx++) {
      if (mask.at(x + dx, y + dy) === 1) {
        sumX += dx;
        sumY += dy;
      }
    }
  }
  const length = Math.hypot(sumX, sumY);
  if (length < 8) return undefined;
  return { x, y, inward: { x: sumX / length, y: sumY / length } };
}

/** Width below which a feature is small: a pad, a trace's end; and bare board below which it is a hole or a gap, px. */
const SMALL_PX = 44;

/** Extent of a value through a point along a direction and against it, px; Infinity when it is longer than SMALL_PX. */
function extent(mask: Mask, from: Point, direction: Point, value: 0 | 1): number {
  const back = { x: -direction.x, y: -direction.y };
  return run(mask, from, direction, value, SMALL_PX) + run(mask, from, back, value, SMALL_PX);
}

/**
 * What an edge belongs to. Long traces have most of the edges of a board, so a place picked evenly is seldom at a pad, a
 * trace's end or the rim of a hole, where defects happen as well.
 */
export type SiteKind = 'any' | 'small' | 'hole';

function isOfKind(mask: Mask, site: EdgeSite, kind: SiteKind): boolean {
  if (kind === 'any') return true;
  const tangent = { x: -site.inward.y, y: site.inward.x };
  if (kind === 'small') return extent(mask, along(site, site.inward, 3), tangent, 1) <= SMALL_PX;
  const outside = along(site, site.inward, -4);
  return extent(mask, outside, tangent, 0) <= SMALL_PX && extent(mask, outside, site.inward, 0) <= SMALL_PX;
}

/** Places tried for one of the wanted kind; after that any place does. */
const KIND_TRIES = 12;

/** A random edge of the wanted kind where one is soon found, otherwise any edge. */
export function edgeSiteOf(mask: Mask, edges: Int32Array, random: Random, kind: SiteKind): EdgeSite | undefined {
  for (let i = 0; i < KIND_TRIES; i++) {
    const site = edgeSite(mask, edges, random);
    if (site && isOfKind(mask, site, kind)) return site;
  }
  return edgeSite(mask, edges, random);
}

/** A piece of copper below this is a pad or a dot that is joined to nothing, px; a pad of 25 px radius has 2,000. */
const LONE_PX = 2600;

/** Whether the copper at a place is a lone pad. What is not copper is none. */
export function isLone(mask: Mask, at: Point): boolean {
  const x = Math.round(at.x);
  const y = Math.round(at.y);
  if (mask.at(x, y) !== 1) return false;
  const taken = new Set<number>();
  const size = flood(mask.width, mask.height, y * mask.width + x, SIDES, (index) => {
    if (taken.size >= LONE_PX || mask.data[index] !== 1 || taken.has(index)) return false;
    taken.add(index);
    return true;
  });
  return size < LONE_PX;
}

export function turned(direction: Point, angle: number): Point {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  return { x: direction.x * cos - direction.y * sin, y: direction.x * sin + direction.y * cos };
}

/**
 * Length of the run of one value from a point along a direction, px. Infinity when it is longer than `maxPx` or leaves
 * the picture: no other side was found.
 */
export function run(mask: Mask, from: Point, direction: Point, value: 0 | 1, maxPx: number): number {
  for (let length = 1; length <= maxPx; length++) {
    const x = Math.round(from.x + direction.x * length);
    const y = Math.round(from.y + direction.y * length);
    if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) return Infinity;
    if (mask.at(x, y) !== value) return length;
  }
  return Infinity;
}

export function along(from: Point, direction: Point, distance: number): Point {
  return { x: from.x + direction.x * distance, y: from.y + direction.y * distance };
}
