import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule, disc, rectangle } from '../shapes';
import type { Sheet } from '../sheet';
import { bus, chip, footprint, MIN_DRILL_PX, vias } from './parts';
import { build } from './recipe';
import { drawPath, step } from './route';
import { waists, wedges } from './tapered';
import { testPoints } from './test-points';

/** Heavy copper: bars side by side with steps, slots and round ends. */
export function bars(sheet: Sheet, random: Random): void {
  const upright = random.chance(0.7);
  const place = (u: number, v: number): Point => (upright ? { x: u, y: v } : { x: v, y: u });
  let at = random.between(-60, 20);
  while (at < sheet.size) {
    const half = random.logBetween(13, 55);
    const gap = random.logBetween(14, 60);
    const middle = at + half;
    const end = random.pick([-100, -100, -100, random.between(0, sheet.size)]);
    const from = random.chance(0.5) ? end : sheet.size - end;
    const to = random.chance(0.5) ? sheet.size + 100 : -100;
    const sidestep = random.chance(0.25) ? random.sign() * (half + gap / 2) : 0;
    const bend = random.between(150, sheet.size - 150);
    const corner = random.chance(0.5) ? half * random.between(0.2, 1) : 0;
    const low = Math.min(from, to);
    const high = Math.max(from, to);
    if (sidestep === 0) {
      const centre = place(middle, (low + high) / 2);
      const along = (high - low) / 2;
      sheet.copper(
        rectangle({
          ...centre,
          halfWidth: upright ? half : along,
          halfHeight: upright ? along : half,
          corner,
          chamfer: random.chance(0.3),
        }),
      );
    } else {
      const path = [place(middle, -100), place(middle, bend), place(middle + sidestep, bend + Math.abs(sidestep))];
      drawPath(sheet, [...path, place(middle + sidestep, sheet.size + 100)], half);
    }
    for (let i = random.pick([0, 0, 1, 2, 4]); i > 0; i--) {
      const spot = place(middle + random.between(-0.5, 0.5) * half, random.between(0, sheet.size));
      sheet.hole(disc(spot.x, spot.y, random.logBetween(MIN_DRILL_PX, 12)));
    }
    at += 2 * half + gap + (sidestep > 0 ? sidestep : 0);
  }
  const rules = { halfWidth: 8, clearance: 14, pad: 20, drilled: 0.5, bendRadius: 0 };
  build(sheet, random, rules, [
    [chip, 0, 2],
    [waists, 0, 2],
    [vias, 0, 1],
    [testPoints, 0, 2],
  ]);
}

/** One piece of copper made of overlapping blocks with cut corners, kept off what lies under it. */
function slab(sheet: Sheet, random: Random): void {
  const at = { x: random.between(0, sheet.size), y: random.between(0, sheet.size) };
  const chamfer = random.chance(0.7);
  const blocks = Array.from({ length: random.integer(1, 4) }, (_, i) => {
    const halfWidth = random.logBetween(30, 190);
    const halfHeight = random.logBetween(30, 190);
    const x = at.x + (i === 0 ? 0 : random.between(-130, 130));
    const y = at.y + (i === 0 ? 0 : random.between(-130, 130));
    const corner = random.chance(0.5) ? Math.min(halfWidth, halfHeight) * random.between(0.2, 0.9) : 0;
    return rectangle({ x, y, halfWidth, halfHeight, corner, chamfer });
  });
  if (random.chance(0.4)) blocks.push(capsule(at, step(at, 1 + 2 * random.integer(0, 3), 300), random.between(12, 50)));
  const distance = random.between(8, 18);
  for (const block of blocks) sheet.gap(() => block(distance));
  for (const block of blocks) sheet.copper(block);
}

/** Large copper polygons with chamfered corners, as power boards have. */
export function power(sheet: Sheet, random: Random): void {
  for (let i = random.integer(2, 7); i > 0; i--) slab(sheet, random);
  const halfWidth = random.logBetween(4, 16);
  const rules = {
    halfWidth,
    clearance: random.between(8, 18),
    pad: random.between(14, 30),
    drilled: 0.9,
    bendRadius: 0,
  };
  build(sheet, random, rules, [
    [bus, 0, 2],
    [footprint, 0, 3],
    [chip, 0, 4],
    [waists, 0, 3],
    [wedges, 0, 2],
    [vias, 0, 2],
    [testPoints, 0, 3],
  ]);
  const drill = random.logBetween(MIN_DRILL_PX, 22);
  for (let i = random.integer(0, 16); i > 0; i--) {
    sheet.hole(disc(random.between(0, sheet.size), random.between(0, sheet.size), drill));
  }
}
