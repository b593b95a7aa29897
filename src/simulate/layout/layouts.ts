import type { Random } from '../random';
import { capsule, disc, rectangle } from '../shapes';
import type { Sheet } from '../sheet';
import { area, bus, chip, footprint, meander, target, text, vias, type Rules } from './parts';
import { drawPath, step } from './route';
import type { Point } from '../mask';

type Part = (sheet: Sheet, random: Random, rules: Rules) => void;

/** How often a layout tries each part: from, to. */
type Recipe = [Part, number, number][];

function build(sheet: Sheet, random: Random, rules: Rules, recipe: Recipe): void {
  for (const [part, from, to] of recipe) for (let i = random.integer(from, to); i > 0; i--) part(sheet, random, rules);
}

function wholeSheet(sheet: Sheet) {
  const half = sheet.size / 2;
  return rectangle({ x: half, y: half, halfWidth: half + 20, halfHeight: half + 20 });
}

/** Signal routing: thin traces, small pads. */
function fine(sheet: Sheet, random: Random): void {
  const halfWidth = random.between(2.8, 5.5);
  const rules = {
    halfWidth,
    clearance: random.between(7, 16),
    pad: random.between(6, 15),
    drilled: random.pick([0, 0, 0.5, 1]),
  };
  build(sheet, random, rules, [
    [area, 0, 1],
    [bus, 0, 4],
    [meander, 0, random.chance(0.25) ? 5 : 0],
    [footprint, 0, 6],
    [chip, 0, 8],
    [vias, 0, 4],
    [target, 0, 1],
    [text, 0, random.chance(0.2) ? 2 : 0],
  ]);
  if (random.chance(0.12)) sheet.flood(wholeSheet(sheet), random.between(5, 12));
}

/** Through-hole boards: wide traces, drilled pads, some copper areas. */
function throughHole(sheet: Sheet, random: Random): void {
  const halfWidth = random.logBetween(4.5, 18);
  const rules = {
    halfWidth,
    clearance: random.between(7, 17),
    pad: halfWidth * random.between(1.1, 2) + random.between(6, 16),
    drilled: random.between(0.3, 1),
  };
  build(sheet, random, rules, [
    [area, 0, 6],
    [bus, 0, 4],
    [footprint, 1, 8],
    [chip, 0, 9],
    [vias, 0, 2],
    [target, 0, 1],
    [text, 0, random.chance(0.3) ? 3 : 0],
  ]);
  if (random.chance(0.2)) sheet.flood(wholeSheet(sheet), random.between(7, 18));
}

/** Heavy copper: bars side by side with steps, slots and round ends. */
function bars(sheet: Sheet, random: Random): void {
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
    if (random.chance(0.4)) sheet.hole(disc(place(middle, end).x, place(middle, end + 40).y, random.between(3, 12)));
    at += 2 * half + gap + (sidestep > 0 ? sidestep : 0);
  }
  const rules = { halfWidth: 8, clearance: 14, pad: 20, drilled: 0.5 };
  build(sheet, random, rules, [
    [chip, 0, 2],
    [vias, 0, 1],
  ]);
}

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

/** A copper plane parted by narrow gaps, with cut-outs. */
function plane(sheet: Sheet, random: Random): void {
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
    for (let segments = random.integer(1, 6); segments > 0; segments--) {
      const next = step(at, heading, random.logBetween(25, 350));
      sheet.gap(capsule(at, next, gapHalf));
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
  const rules = { halfWidth: random.between(3, 9), clearance: 12, pad: random.between(8, 24), drilled: 0.5 };
  build(sheet, random, rules, [
    [target, 0, 3],
    [chip, 0, 5],
    [vias, 0, 2],
    [bus, 0, 1],
  ]);
}

/** The rim of a board: little copper, much bare laminate. */
function sparse(sheet: Sheet, random: Random): void {
  const halfWidth = random.logBetween(2.5, 14);
  const rules = { halfWidth, clearance: random.between(8, 18), pad: halfWidth * 1.5 + 6, drilled: random.next() };
  build(sheet, random, rules, [
    [random.pick<Part>([area, bus, footprint]), 1, 2],
    [random.pick<Part>([chip, vias, bus]), 0, 2],
    [target, 0, 1],
    [text, 0, random.chance(0.4) ? 3 : 0],
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
function power(sheet: Sheet, random: Random): void {
  for (let i = random.integer(2, 7); i > 0; i--) slab(sheet, random);
  const halfWidth = random.logBetween(4, 16);
  const rules = { halfWidth, clearance: random.between(8, 18), pad: random.between(14, 30), drilled: 0.9 };
  build(sheet, random, rules, [
    [bus, 0, 2],
    [footprint, 0, 3],
    [chip, 0, 4],
    [vias, 0, 2],
  ]);
  for (let i = random.integer(0, 5); i > 0; i--) {
    sheet.hole(disc(random.between(0, sheet.size), random.between(0, sheet.size), random.between(6, 24)));
  }
}

/** The kinds of board, with the share of each. */
export const LAYOUTS: readonly { name: string; weight: number; draw: (sheet: Sheet, random: Random) => void }[] = [
  { name: 'fine', weight: 28, draw: fine },
  { name: 'through-hole', weight: 30, draw: throughHole },
  { name: 'bars', weight: 12, draw: bars },
  { name: 'plane', weight: 16, draw: plane },
  { name: 'sparse', weight: 6, draw: sparse },
  { name: 'power', weight: 10, draw: power },
];
