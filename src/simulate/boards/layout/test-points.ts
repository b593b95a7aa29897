import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule, taper } from '../shapes';
import type { Sheet } from '../sheet';
import { placePad, type PadStyle } from './pads';
import { anywhere, type Rules } from './parts';
import { direction, step } from './route';

/** How far from its pad a conductor is looked for, px. */
const REACH_PX = 90;
/** Half the side of the window that the slant of an edge is taken from, px. */
const EDGE_PX = 7;
/** A neck meets an edge at a right angle, or near it where the edge has another slant than the routing. */
const MIN_SQUARE = 0.8;
/** The neck reaches this far into the copper, px. */
const ROOT_PX = 5;
/** Smaller pieces are not tapped, px on every side of the root: the neck would be the larger part. */
const MIN_ROOT_PX = 2;

/** Steps of a px from bare board to the first copper, or nothing when none is near. */
function distanceToCopper(sheet: Sheet, from: Point, heading: number): number | undefined {
  for (let length = 0; length < REACH_PX; length++) {
    const at = step(from, heading, length);
    if (sheet.mask.at(Math.round(at.x), Math.round(at.y)) === 1) return length;
  }
  return undefined;
}

/** How squarely a heading meets the copper's edge: 1 at a right angle, 0 along it. */
function squareness(sheet: Sheet, at: Point, heading: number): number {
  let x = 0;
  let y = 0;
  for (let dy = -EDGE_PX; dy <= EDGE_PX; dy++) {
    for (let dx = -EDGE_PX; dx <= EDGE_PX; dx++) {
      if (sheet.mask.at(Math.round(at.x) + dx, Math.round(at.y) + dy) !== 1) continue;
      x += dx;
      y += dy;
    }
  }
  const ahead = direction(heading);
  return (x * ahead.x + y * ahead.y) / (Math.hypot(x, y) || 1);
}

/** Fillets keep etchant out of the corners: the neck widens where it leaves the pad and where it meets the copper. */
function fillets(sheet: Sheet, random: Random, from: Point, to: Point, halfWidth: number, padSize: number): void {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const reach = Math.min(length * 0.45, random.between(3, 8));
  const at = (distance: number): Point => {
    const share = distance / length;
    return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
  };
  const wider = halfWidth + reach * random.between(0.4, 0.9);
  // inside the pad, where its outline is still wider than the fillet
  const wide = Math.min(wider, padSize * 0.6);
  if (random.chance(0.8) && wide > halfWidth) sheet.copper(taper(at(-padSize * 0.2), at(reach), wide, halfWidth));
  if (random.chance(0.8)) sheet.copper(taper(at(length + 1), at(length - reach), wider, halfWidth));
}

/**
 * Test points: pads that hang on a short neck from whatever conductor is beside them, a trace, a pour or a larger pad,
 * mostly at a right angle. Every second real board has some, all of one size. They are good copper and no shorts.
 */
export function testPoints(sheet: Sheet, random: Random, rules: Rules): void {
  const size = random.chance(0.7) ? random.between(9, 23) : rules.pad * random.between(0.8, 1.3);
  const halfWidth = Math.min(size * 0.5, random.logBetween(2.5, 7.5));
  const necks: [number, number] = random.pick([
    [3, 14],
    [6, 30],
    [10, 45],
  ]);
  const kind = random.pick<PadStyle['kind']>(['round', 'round', 'round', 'round', 'square', 'soft', 'octagon']);
  const drilled = random.chance(0.12);
  const filleted = random.chance(0.75);
  const clearance = Math.min(rules.clearance, random.between(5, 12));
  let left = random.integer(1, 9);
  for (let attempt = 0; attempt < 80 && left > 0; attempt++) {
    const at = anywhere(sheet, random);
    const heading = random.integer(0, 7);
    const distance = distanceToCopper(sheet, at, heading);
    if (distance === undefined || distance < 1) continue;
    const edge = step(at, heading, distance);
    if (squareness(sheet, edge, heading) < MIN_SQUARE) continue;
    // one in eight touches the conductor without a neck
    const neck = random.chance(0.12) ? -size * random.between(0.2, 0.6) : random.logBetween(...necks);
    const centre = step(edge, heading + 4, size + neck);
    const root = step(edge, heading, ROOT_PX);
    if (!sheet.mask.isFreeOf(capsule(root, root, MIN_ROOT_PX)(0), 0)) continue;
    // a little of the pad's own shape may be nearer to its conductor than the clearance
    const room = Math.min(clearance, Math.max(0, neck - 1));
    const style: PadStyle = { kind, halfWidth: size, halfHeight: size, hole: 0, holeShift: 0 };
    if (drilled) style.hole = random.between(0.3, 0.55);
    const rim = step(centre, heading, size * 0.9);
    const free = step(edge, heading + 4, halfWidth + 2);
    if (neck > halfWidth + 3 && !sheet.isClear(capsule(rim, free, halfWidth), 1)) continue;
    if (!placePad(sheet, random, style, centre.x, centre.y, neck < 0 ? -size * 0.9 : room)) continue;
    left--;
    if (neck < 0) continue;
    sheet.copper(capsule(centre, root, halfWidth));
    if (filleted) fillets(sheet, random, step(centre, heading, size), edge, halfWidth, size);
  }
}
