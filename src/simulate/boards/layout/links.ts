import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule } from '../shapes';
import type { Sheet } from '../sheet';
import { placePad, type PadStyle } from './pads';
import { anywhere, leadOut, type Rules } from './parts';
import { drawPath, step } from './route';

/** A neck between two pads, wider where it meets them on most boards: teardrops keep etchant out of the corners. */
function neck(sheet: Sheet, random: Random, path: readonly Point[], halfWidth: number, padSize: number): void {
  drawPath(sheet, path, halfWidth);
  if (random.chance(0.4)) return;
  const reach = padSize + random.between(1, 4);
  const wider = halfWidth + random.between(1, 3);
  for (const [from, to] of [path.slice(0, 2), path.slice(-2).reverse()] as [Point, Point][]) {
    const share = Math.min(0.5, reach / (Math.hypot(to.x - from.x, to.y - from.y) || 1));
    const tip = { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
    sheet.copper(capsule(from, tip, wider));
  }
}

/**
 * Neighbouring pads joined by a short neck, straight or with one bend, or a pad joined to a trace that passes by: designed
 * links, and no shorts. A single one or a field of them.
 */
export function links(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const heading = 2 * random.integer(0, 3) + (random.chance(0.1) ? 1 : 0);
  const size = rules.pad * random.between(0.7, 1.3);
  const half = Math.max(2.2, Math.min(size * 0.6, rules.halfWidth * random.between(0.8, 1.3)));
  const between = random.logBetween(7, 34);
  const turn = random.chance(0.25) ? random.sign() : 0;
  const toTrace = random.chance(0.25);
  const columns = random.pick([1, 1, 2, 4]);
  const rows = random.pick([1, 1, 2, 3]);
  const side = 2 * size + rules.clearance * random.between(1, 3);
  const forward = 4 * size + between + rules.clearance * random.between(1.2, 4);
  const pad = (spot: Point): boolean => {
    const style: PadStyle = {
      kind: random.pick(['square', 'round', 'round', 'oblong', 'soft']),
      halfWidth: size * random.between(0.85, 1.1),
      halfHeight: size * random.between(0.85, 1.1),
      hole: random.chance(rules.drilled * 0.3) ? random.between(0.25, 0.5) : 0,
      holeShift: 0,
    };
    return placePad(sheet, random, style, spot.x, spot.y, rules.clearance);
  };
  for (let i = 0; i < columns * rows; i++) {
    const start = step(step(at, heading + 2, (i % columns) * side), heading, Math.floor(i / columns) * forward);
    const bend = step(start, heading, size + between / 2);
    const end = step(bend, heading + turn, size + between / 2);
    const path = turn === 0 ? [start, end] : [start, bend, end];
    if (toTrace) {
      const long = size + random.between(20, 120);
      const passing = capsule(step(end, heading + 2, long), step(end, heading - 2, long), rules.halfWidth);
      if (!sheet.isClear(passing, rules.clearance) || !pad(start)) continue;
      sheet.copper(passing);
      neck(sheet, random, path, half, size);
      continue;
    }
    if (![start, end].map(pad).every(Boolean)) continue;
    if (random.chance(0.8)) neck(sheet, random, path, half, size);
    if (random.chance(0.4)) leadOut(sheet, random, rules, end, heading + turn, size);
    if (random.chance(0.3)) leadOut(sheet, random, rules, start, heading + random.pick([4, 2, -2]), size);
  }
}
