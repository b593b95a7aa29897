import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule, disc, rectangle, taper, type Shape } from '../shapes';
import type { Sheet } from '../sheet';
import { anywhere, leadOut, type Rules } from './parts';
import { step } from './route';

function isClear(sheet: Sheet, shapes: readonly Shape[], clearance: number): boolean {
  return shapes.every((shape) => sheet.isClear(shape, clearance));
}

/**
 * Two or more pads in line on a conductor a little narrower than they are, straight or slanted: waists by design and no
 * bites.
 */
export function waists(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const heading = 2 * random.integer(0, 3);
  const half = random.logBetween(9, 30);
  const long = half * random.between(0.6, 1.3);
  const gap = random.logBetween(10, 60);
  const narrow = half * random.between(0.35, 0.92);
  const shift = random.chance(0.6) ? 0 : (half - narrow) * random.sign();
  const upright = heading % 4 !== 0;
  const count = random.pick([2, 2, 2, 3, 4]);
  const corner = random.chance(0.4) ? half * random.between(0.1, 0.4) : 0;
  const spots = Array.from({ length: count }, (_, i) => step(at, heading, i * (2 * long + gap)));
  const pads = spots.map((spot) =>
    rectangle({ ...spot, halfWidth: upright ? half : long, halfHeight: upright ? long : half, corner }),
  );
  if (!isClear(sheet, pads, rules.clearance)) return;
  const side = (spot: Point): Point => step(spot, heading + 2, shift);
  pads.forEach((pad, i) => {
    sheet.copper(pad);
    sheet.opening(pad);
    const spot = spots[i] as Point;
    const next = spots[i + 1];
    if (!next || random.chance(0.1)) return;
    const other = random.chance(0.3) ? half * random.between(0.35, 0.95) : narrow;
    if (shift !== 0 || random.chance(0.6))
      sheet.copper(taper(side(spot), side(next), narrow, shift === 0 ? other : narrow));
    else {
      // narrowest, or widest, in the middle between the pads
      const middle = step(spot, heading, long + gap / 2);
      sheet.copper(taper(spot, middle, narrow, other));
      sheet.copper(taper(middle, next, other, narrow));
    }
  });
  if (random.chance(0.6)) leadOut(sheet, random, rules, spots[0] as Point, heading + random.pick([4, 2, -2]), long);
  if (random.chance(0.6))
    leadOut(sheet, random, rules, spots[count - 1] as Point, heading + random.pick([0, 2, -2]), long);
}

/**
 * Pads that a wide or a narrow trace runs into over a wedge, at any slant, as drawn by hand or by a tool for strong
 * currents: drops, arrow heads, and fans.
 */
export function wedges(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const heading = random.chance(0.7) ? 2 * random.integer(0, 3) : random.integer(0, 7);
  const size = random.between(10, 30);
  const pitch = 2 * size + rules.clearance * random.between(1, 2.5);
  const count = random.pick([1, 1, 2, 4, 7]);
  const wide = size * random.between(0.5, 1.1);
  const narrow = Math.max(2.5, random.chance(0.5) ? rules.halfWidth : size * random.between(0.15, 0.6));
  const long = size * random.between(0.8, 3);
  const turn = random.chance(0.7) ? 0 : random.between(-0.5, 0.5);
  const drill = random.chance(0.7) ? size * random.between(0.25, 0.6) : 0;
  const round = random.chance(0.6);
  const trace = random.between(25, 160);
  for (let i = 0; i < count; i++) {
    const spot = step(at, heading + 2, i * pitch);
    const straight = step(spot, heading, size + long);
    const tip = step(straight, heading + 2, turn * long);
    const end = step(tip, heading, trace);
    const pad = round
      ? disc(spot.x, spot.y, size)
      : rectangle({
          ...spot,
          halfWidth: size,
          halfHeight: size,
          corner: size * random.pick([0, 0, 0.6]),
          chamfer: true,
        });
    const wedge = taper(spot, tip, wide, narrow);
    if (!isClear(sheet, [pad, wedge, capsule(tip, end, narrow)], rules.clearance)) continue;
    sheet.copper(pad);
    sheet.copper(wedge);
    sheet.opening(pad);
    sheet.copper(capsule(tip, end, narrow));
    // the rod ends there, or widens again into a second pad
    if (random.chance(0.4)) {
      const second = step(end, heading, long);
      const head = taper(end, second, narrow, wide);
      if (sheet.isClear(taper(step(end, heading, narrow + rules.clearance + 2), second, narrow, wide), rules.clearance))
        sheet.copper(head);
    }
    if (drill > 0) sheet.hole(disc(spot.x, spot.y, drill));
  }
}

/** Round bumps on both sides of a gap or a trace: clearances of drills, and vias in a trace. */
export function beads(sheet: Sheet, random: Random, rules: Rules): void {
  const heading = random.integer(0, 7);
  const from = anywhere(sheet, random);
  const halfWidth = rules.halfWidth * random.pick([1, 1, 1.4]);
  const to = step(from, heading, random.between(80, 320));
  if (!sheet.isClear(capsule(from, to, halfWidth), rules.clearance)) return;
  sheet.copper(capsule(from, to, halfWidth));
  const radius = halfWidth * random.between(1.35, 2.6) + 1;
  const drilled = random.chance(0.4);
  const pitch = random.between(radius * 3, 120);
  for (let along = random.between(0, pitch); along < Math.hypot(to.x - from.x, to.y - from.y); along += pitch) {
    const spot = step(from, heading, along);
    sheet.copper(disc(spot.x, spot.y, radius));
    if (drilled && radius > 5) sheet.hole(disc(spot.x, spot.y, radius * 0.45));
  }
}
