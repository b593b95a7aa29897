import type { Random } from '../../../kit/random';
import type { Point } from '../mask';
import { capsule, disc, rectangle } from '../shapes';
import type { Sheet } from '../sheet';
import { bus, chip, target, vias } from './parts';
import { build, wholeSheet } from './recipe';
import { step } from './route';
import { testPoints } from './test-points';

/** A gap that steps to and fro at right angles across the board. */
function crenel(sheet: Sheet, random: Random, half: number): void {
  const heading = 2 * random.integer(0, 1);
  const deep = random.between(30, 130);
  const long = random.between(40, 160);
  let at = { x: random.between(0, sheet.size), y: random.between(0, sheet.size) };
  at = heading === 0 ? { ...at, x: random.between(-50, 250) } : { ...at, y: random.between(-50, 250) };
  for (let i = 0; i < 14; i++) {
    const turn = heading + (i % 4 === 0 ? 2 : i % 4 === 2 ? -2 : 0);
    const next = step(at, turn, i % 2 === 0 ? deep : long);
    sheet.gap(capsule(at, next, half));
    at = next;
  }
}

/** Gaps around one middle with rounded corners: coils and guard rings. */
function loops(sheet: Sheet, random: Random, half: number): void {
  const at = { x: random.between(0, sheet.size), y: random.between(0, sheet.size) };
  let halfWidth = random.between(70, 420);
  let halfHeight = random.between(70, 420);
  for (let i = random.integer(1, 4); i > 0 && Math.min(halfWidth, halfHeight) > 40; i--) {
    const corner = random.between(0, 60);
    const width = 2 * half * random.pick([1, 1, 2.5]);
    sheet.gap(rectangle({ ...at, halfWidth, halfHeight, corner }));
    halfWidth -= width;
    halfHeight -= width;
    sheet.copper(rectangle({ ...at, halfWidth, halfHeight, corner: corner * 0.8 }));
    const inset = random.between(14, 70);
    halfWidth -= inset;
    halfHeight -= inset;
  }
}

/** The clearance of a drill in the middle of a gap, alike on both sides of it. */
function bulge(sheet: Sheet, random: Random, a: Point, b: Point, half: number): void {
  const share = random.between(0.2, 0.8);
  sheet.gap(disc(a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share, half * random.between(1.3, 2.5) + 1));
}

/** Shorter cuts in a plane look like pin-holes, px. */
const MIN_GAP_PX = 70;

/** A copper plane parted by narrow gaps, with cut-outs. */
export function plane(sheet: Sheet, random: Random): void {
  const half = sheet.size / 2;
  const round = random.chance(0.5);
  const outline = round
    ? disc(random.between(0, sheet.size), random.between(0, sheet.size), random.between(300, 700))
    : random.chance(0.4)
      ? wholeSheet(sheet)
      : rectangle({
          x: half + random.between(-250, 250),
          y: half + random.between(-250, 250),
          halfWidth: random.between(180, 420),
          halfHeight: random.between(180, 420),
          corner: random.between(0, 150),
          chamfer: random.chance(0.5),
        });
  sheet.copper(outline);
  const gapHalf = random.logBetween(3, 11);
  for (let i = random.pick([0, 0, 1, 3]); i > 0; i--) crenel(sheet, random, gapHalf * random.between(0.7, 1.2));
  for (let i = random.pick([0, 0, 1, 2]); i > 0; i--) loops(sheet, random, gapHalf * random.between(0.7, 1.2));
  for (let i = random.integer(1, 6); i > 0; i--) {
    let at = { x: random.between(0, sheet.size), y: random.between(0, sheet.size) };
    let heading = random.integer(0, 7);
    const segments = random.integer(1, 6);
    for (let i = 0; i < segments; i++) {
      const next = step(at, heading, random.logBetween(i === 0 ? MIN_GAP_PX : 25, 350));
      sheet.gap(capsule(at, next, gapHalf));
      if (random.chance(0.15)) bulge(sheet, random, at, next, gapHalf);
      at = next;
      heading += random.pick([-2, -1, 1, 2]);
    }
  }
  for (let i = random.integer(0, 5); i > 0; i--) {
    const spot = { x: random.between(0, sheet.size), y: random.between(0, sheet.size) };
    const radius = random.logBetween(10, 110);
    if (random.chance(0.5)) sheet.gap(disc(spot.x, spot.y, radius));
    else {
      const corner = random.between(0, radius);
      sheet.gap(rectangle({ ...spot, halfWidth: radius, halfHeight: radius * random.between(0.5, 1.5), corner }));
    }
    if (random.chance(0.5)) sheet.copper(disc(spot.x, spot.y, radius * random.between(0.2, 0.7)));
  }
  sheet.dropSlivers();
  const rules = {
    halfWidth: random.between(3, 9),
    clearance: 12,
    pad: random.between(8, 24),
    drilled: 0.5,
    bendRadius: 0,
  };
  build(sheet, random, rules, [
    [target, 0, 3],
    [chip, 0, 5],
    [vias, 0, 2],
    [bus, 0, 1],
    [testPoints, 0, 2],
  ]);
}
