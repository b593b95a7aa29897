import type { Mask, Point } from '../mask';
import type { Random } from '../../../kit/random';
import { bowed, doodle, type Stroke } from './brush';
import { isNoDesignedSpot, isPlainlyAtAnEdge, leavesBothSides, type Change } from './recognisable';
import { along, edgeSiteOf, isLone, run, turned, type SiteKind } from './site';
import type { Pieces } from './topology';

/** The six classic defects, in the class order of the public data sets. */
export const DEFECT_CLASSES = ['open', 'short', 'mousebite', 'spur', 'copper', 'pin-hole'] as const;
export type DefectClass = (typeof DEFECT_CLASSES)[number];

export interface DefectKind {
  /** What the defect leaves behind: 1 copper, 0 bare board. */
  value: 0 | 1;
  /** Strokes that might make this defect at a random place, or nothing when the place does not suit. */
  propose: (mask: Mask, edges: Int32Array, random: Random) => Stroke[] | undefined;
  /** Whether the strokes made what the defect is called. */
  holds: (before: Pieces, after: Pieces) => boolean;
  /** Pieces smaller than this are specks and do not count, px. */
  minPieceAreaPx: number;
  /** Least number of pixels that must have changed: less is not visible. */
  minChangedPx: number;
  /** Whether a person can tell it from the board's design and knows its class; left out where the topology alone tells. */
  isRecognisable?: (change: Change) => boolean;
  /** Distance that must be kept to the other value all around, px; undefined where the defect touches an edge. */
  clearancePx?: number;
}

/** Longer crossings are never straight, px: a straight one is a gap between planes, or a trace. */
const STRAIGHT_PX = 30;
/** Nor do they stray so far that they reach something else on the way, px. */
const MAX_SAG_PX = 7;

/** Least and largest sag, over its length, of a bridge to a pad that hangs on nothing else. */
const CROOKED: [number, number] = [0.14, 0.35];

/**
 * Strokes from one side to the other: one line, a bar with parallel edges, or a scribble.
 *
 * @param crooked never a straight line: it would look designed
 */
function crossing(random: Random, a: Point, b: Point, halfWidth: number, crooked: boolean): Stroke[] {
  const kind = random.next();
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  if (crooked && kind < 0.7) {
    const bow = Math.max(Math.min(random.between(...CROOKED), MAX_SAG_PX / length), 2 / length) * random.sign();
    return [{ path: bowed(random, a, b, bow), from: halfWidth, to: halfWidth * random.between(0.5, 1.4) }];
  }
  if (kind < 0.85) {
    const to = random.chance(0.7) ? halfWidth : halfWidth * random.between(0.5, 1.6);
    const bend = random.normal() * 0.14;
    const long = Math.min(Math.abs(bend) + 0.08, MAX_SAG_PX / length) * Math.sign(bend);
    const bow = length > STRAIGHT_PX ? long : random.chance(0.15) ? 0 : bend;
    return [{ path: bowed(random, a, b, bow), from: halfWidth, to }];
  }
  const nx = -(b.y - a.y) / length;
  const ny = (b.x - a.x) / length;
  const spread = random.between(0.5, 1.5) * halfWidth;
  return Array.from({ length: random.integer(2, 4) }, () => {
    const shift = spread * random.normal();
    const slant = spread * random.normal();
    return {
      path: bowed(
        random,
        { x: a.x + nx * shift, y: a.y + ny * shift },
        { x: b.x + nx * slant, y: b.y + ny * slant },
        random.normal() * 0.1,
      ),
      from: halfWidth * 0.7,
      to: halfWidth * 0.6,
    };
  });
}

/** How often a defect is looked for at each kind of edge. Shorts and spurs do not begin in holes more than elsewhere. */
const SITES: Record<'copper' | 'bare', readonly { weight: number; kind: SiteKind }[]> = {
  copper: [
    { weight: 55, kind: 'any' },
    { weight: 27, kind: 'small' },
    { weight: 18, kind: 'hole' },
  ],
  bare: [
    { weight: 60, kind: 'any' },
    { weight: 40, kind: 'small' },
  ],
};

/** Across copper (value 1: an open) or across bare board (value 0: a short), from an edge to the next one. */
function across(mask: Mask, edges: Int32Array, random: Random, value: 0 | 1): Stroke[] | undefined {
  const site = edgeSiteOf(mask, edges, random, random.weighted(SITES[value === 1 ? 'copper' : 'bare']).kind);
  if (!site) return undefined;
  const ahead = value === 1 ? site.inward : { x: -site.inward.x, y: -site.inward.y };
  const heading = turned(ahead, random.chance(0.4) ? 0 : random.normal() * 0.5);
  const reach = value === 1 ? random.logBetween(20, 64) : random.between(15, 72);
  const distance = run(mask, site, heading, value, reach);
  if (!Number.isFinite(distance) || distance < 4) return undefined;
  const over = random.between(1, 4);
  const start = along(site, heading, -over);
  const end = along(site, heading, distance - 1 + over);
  const room = run(mask, along(site, heading, distance), heading, value === 1 ? 0 : 1, 12);
  if (room < over + 3) return undefined;
  // a pad that hangs on one straight neck is a test point, and nobody can tell a short from it
  const crooked = value === 0 && (isLone(mask, site) || isLone(mask, along(site, heading, distance)));
  return crossing(random, start, end, random.logBetween(2.2, value === 1 ? 9 : 5.5), crooked);
}

/** From an edge inwards (a bite) or outwards (a spur). */
function fromEdge(mask: Mask, edges: Int32Array, random: Random, into: 0 | 1): Stroke[] | undefined {
  const site = edgeSiteOf(mask, edges, random, random.weighted(SITES[into === 1 ? 'copper' : 'bare']).kind);
  if (!site) return undefined;
  const ahead = into === 1 ? site.inward : { x: -site.inward.x, y: -site.inward.y };
  const heading = turned(ahead, random.normal() * 0.75);
  const room = run(mask, site, heading, into, 60);
  const wanted = random.logBetween(7, 30);
  const depth = Number.isFinite(room) ? Math.min(wanted, room * 0.72) : wanted;
  if (depth < 3) return undefined;
  const halfWidth = Math.min(depth * 0.6, random.logBetween(2, 6.5));
  const start = along(site, heading, -random.between(0, 4));
  const tip = along(site, heading, Math.max(1, depth - halfWidth));
  if (random.chance(0.2)) {
    // a bump along the edge rather than a spike out of it
    const side = turned(site.inward, (Math.PI / 2) * random.sign());
    const base = along(site, heading, random.between(-0.3, 0.5) * halfWidth);
    const end = along(base, side, random.logBetween(4, 36));
    return [{ path: bowed(random, base, end, random.normal() * 0.1), from: halfWidth * 1.2, to: halfWidth }];
  }
  if (random.chance(0.25)) {
    const middle = along(site, heading, depth * 0.35);
    return [
      {
        path: [...bowed(random, start, middle, 0), ...doodle(random, middle, depth * 0.8)],
        from: halfWidth * 0.8,
        to: halfWidth * 0.8,
      },
    ];
  }
  const to = random.chance(0.5) ? halfWidth : halfWidth * random.between(0.4, 1.5);
  return [{ path: bowed(random, start, tip, random.normal() * 0.15), from: halfWidth, to }];
}

/** Anywhere inside one value: a hole in copper or an island on bare board. */
function inside(
  mask: Mask,
  random: Random,
  value: 0 | 1,
  size: [number, number],
  width: [number, number],
): Stroke[] | undefined {
  const at = { x: random.between(6, mask.width - 6), y: random.between(6, mask.height - 6) };
  if (mask.at(Math.floor(at.x), Math.floor(at.y)) !== value) return undefined;
  const length = random.logBetween(...size);
  const halfWidth = random.logBetween(...width);
  // an exact disc is rare: in copper it is most often a drilled hole
  if (random.chance(value === 1 ? 0.03 : 0.07)) return [{ path: [at, at], from: random.logBetween(4, 12), to: 4 }];
  const to = random.chance(0.55) ? halfWidth : halfWidth * random.between(0.35, 1.3);
  return [{ path: doodle(random, at, length), from: halfWidth, to }];
}

/** One row per defect. */
export const DEFECT_KINDS: Record<DefectClass, DefectKind> = {
  open: {
    value: 0,
    propose: (mask, edges, random) => across(mask, edges, random, 1),
    holds: (before, after) => after.copper > before.copper,
    minPieceAreaPx: 24,
    minChangedPx: 16,
    isRecognisable: leavesBothSides,
  },
  short: {
    value: 1,
    propose: (mask, edges, random) => across(mask, edges, random, 0),
    holds: (before, after) => after.copper < before.copper || after.bare > before.bare,
    minPieceAreaPx: 24,
    minChangedPx: 12,
  },
  mousebite: {
    value: 0,
    propose: (mask, edges, random) => fromEdge(mask, edges, random, 1),
    holds: (before, after) => after.copper === before.copper && after.bare === before.bare,
    minPieceAreaPx: 8,
    minChangedPx: 26,
    isRecognisable: isPlainlyAtAnEdge,
  },
  spur: {
    value: 1,
    propose: (mask, edges, random) => fromEdge(mask, edges, random, 0),
    holds: (before, after) => after.copper === before.copper && after.bare === before.bare,
    minPieceAreaPx: 8,
    minChangedPx: 26,
    isRecognisable: isPlainlyAtAnEdge,
  },
  copper: {
    value: 1,
    propose: (mask, _edges, random) => inside(mask, random, 0, [6, 34], [2, 6]),
    holds: (before, after) => after.copper > before.copper,
    minPieceAreaPx: 1,
    minChangedPx: 24,
    isRecognisable: isNoDesignedSpot,
    clearancePx: 3,
  },
  'pin-hole': {
    value: 0,
    propose: (mask, _edges, random) => inside(mask, random, 1, [5, 30], [1.7, 5]),
    holds: (before, after) => after.bare > before.bare,
    minPieceAreaPx: 1,
    minChangedPx: 14,
    isRecognisable: isNoDesignedSpot,
    clearancePx: 2,
  },
};
