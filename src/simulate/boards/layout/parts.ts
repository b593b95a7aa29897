import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule, disc, rectangle } from '../shapes';
import type { Sheet } from '../sheet';
import { letters } from './legend';
import { padStyle, placePad, type PadStyle } from './pads';
import { clearPart, drawPath, offsetPath, rounded, step, walk } from './route';

/** Sizes that the parts of one board share, px. */
export interface Rules {
  /** Half the width of a common trace. */
  halfWidth: number;
  /** Smallest distance between unconnected copper. */
  clearance: number;
  /** Half the side of a common pad. */
  pad: number;
  /** Share of pads with a drill hole. */
  drilled: number;
  /** Radius that corners of traces are rounded with; 0 for straight corners. */
  bendRadius: number;
}

/** A random place on the sheet. */
export function anywhere(sheet: Sheet, random: Random): Point {
  return { x: random.between(0, sheet.size), y: random.between(0, sheet.size) };
}

/** A trace's end that is not on a pad: a via, a small pad, or nothing but its round end. */
function endTrace(sheet: Sheet, random: Random, rules: Rules, at: Point, halfWidth: number): void {
  if (random.chance(0.25)) return;
  const radius = halfWidth * random.between(1.4, 2.6) + 1;
  const style: PadStyle = random.chance(0.75)
    ? { kind: 'round', halfWidth: radius, halfHeight: radius, hole: 0, holeShift: 0, tented: random.chance(0.7) }
    : padStyle(random, radius, false);
  if (random.chance(rules.drilled * 0.7)) style.hole = random.between(0.25, 0.6);
  // the trace itself is in the way, so the room is not tested; a via that touches a neighbour is a wider trace
  placePad(sheet, random, style, at.x, at.y, -1e3);
}

/** Traces that lead less far from their pad are not drawn, px. */
const MIN_STUB_PX = 28;

export function leadOut(sheet: Sheet, random: Random, rules: Rules, at: Point, heading: number, skip: number): void {
  const halfWidth = rules.halfWidth * random.pick([1, 1, 1, 0.7, 1.5]);
  const path = walk(sheet, random, {
    start: at,
    heading,
    halfWidth,
    clearance: rules.clearance,
    skip: skip + rules.clearance + halfWidth + 1,
    segments: random.integer(1, 6),
    lengthPx: [rules.clearance * 2, 260],
  });
  const end = path[path.length - 1] as Point;
  // a short stub on a pad looks like a spur
  if (Math.hypot(end.x - at.x, end.y - at.y) < skip + MIN_STUB_PX) return;
  drawPath(sheet, rounded(path, rules.bendRadius / 2), halfWidth);
  endTrace(sheet, random, rules, end, halfWidth);
}

/** Parallel traces across the board. */
export function bus(sheet: Sheet, random: Random, rules: Rules): void {
  const count = random.integer(2, 11);
  const halfWidth = rules.halfWidth * random.pick([1, 1, 0.8, 1.3]);
  const pitch = 2 * halfWidth + rules.clearance * random.between(1, 1.6);
  const heading = random.pick([0, 0, 2, 2, 1, 3, 4, 6]);
  const from = step(anywhere(sheet, random), heading + 4, random.chance(0.7) ? sheet.size * 1.2 : sheet.size / 4);
  const path = [from];
  let turn = heading;
  const segments = random.integer(1, 5);
  for (let i = 0; i < segments; i++) {
    path.push(
      step(path[path.length - 1] as Point, turn, i === segments - 1 ? sheet.size * 1.6 : random.between(150, 700)),
    );
    turn = turn === heading ? heading + random.sign() : heading;
  }
  // wide enough for the innermost lane to bend too
  const middle = rules.bendRadius > 0 ? rounded(path, rules.bendRadius + (count * pitch) / 2) : path;
  const lanes = Array.from({ length: count }, (_, i) =>
    clearPart(sheet, offsetPath(middle, (i - (count - 1) / 2) * pitch), halfWidth, rules.clearance - 1),
  );
  for (const lane of lanes) {
    if (lane.length < 2) continue;
    drawPath(sheet, lane, halfWidth);
    endTrace(sheet, random, { ...rules, drilled: 0 }, lane[lane.length - 1] as Point, halfWidth * 0.8);
  }
}

/** Rows of pads as chips and connectors have them, with traces leading away. */
export function footprint(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const drilled = random.chance(rules.drilled);
  const style = padStyle(random, rules.pad * random.between(0.8, 1.25), drilled);
  const along = random.chance(0.5);
  const across = along ? style.halfHeight : style.halfWidth;
  const side = along ? style.halfWidth : style.halfHeight;
  const pitch = 2 * side + rules.clearance * random.between(1, 2.2);
  const rows = random.pick([1, 2, 2, 2, 3]);
  const rowGap = 2 * across + rules.clearance * 2 + random.logBetween(8, 180);
  const count = random.integer(2, 12);
  const wired = random.between(0.2, 1);
  const pads: { x: number; y: number; out: number }[] = [];
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < count; i++) {
      const u = (i - (count - 1) / 2) * pitch;
      const v = (row - (rows - 1) / 2) * rowGap;
      const x = at.x + (along ? u : v);
      const y = at.y + (along ? v : u);
      if (!placePad(sheet, random, style, x, y, rules.clearance)) continue;
      const outward = row === 0 ? (along ? 6 : 4) : along ? 2 : 0;
      pads.push({ x, y, out: random.chance(0.85) ? outward : outward + 4 });
    }
  }
  for (const pad of pads) if (random.chance(wired)) leadOut(sheet, random, rules, pad, pad.out, across);
}

/** A resistor or capacitor: two pads facing each other. */
export function chip(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const size = rules.pad * random.between(0.7, 1.8);
  const style = padStyle(random, size, random.chance(rules.drilled * 0.5));
  const heading = random.pick([0, 2]);
  const reach = (heading === 0 ? style.halfWidth : style.halfHeight) + rules.clearance * random.between(0.6, 2.5);
  for (const way of [heading, heading + 4]) {
    const spot = step(at, way, reach);
    if (!placePad(sheet, random, style, spot.x, spot.y, rules.clearance)) continue;
    if (random.chance(0.7)) leadOut(sheet, random, rules, spot, way + random.pick([0, 0, 2, -2]), reach);
  }
}

/** Lone pads, vias and test points; some of them in a grid. */
export function vias(sheet: Sheet, random: Random, rules: Rules): void {
  const radius = rules.halfWidth * random.between(1.4, 3) + 2;
  const drilled = random.chance(rules.drilled);
  const tented = random.chance(0.5);
  const style: PadStyle = { kind: 'round', halfWidth: radius, halfHeight: radius, hole: 0, holeShift: 0, tented };
  if (drilled) Object.assign(style, { hole: random.between(0.3, 0.8), holeShift: random.between(0, 0.2) });
  if (random.chance(0.4)) {
    const at = anywhere(sheet, random);
    const pitch = 2 * radius + rules.clearance * random.between(1.2, 4);
    const columns = random.integer(2, 7);
    const count = columns * random.integer(1, 6);
    for (let i = 0; i < count; i++) {
      const spot = { x: at.x + (i % columns) * pitch, y: at.y + Math.floor(i / columns) * pitch };
      if (placePad(sheet, random, style, spot.x, spot.y, rules.clearance) && random.chance(0.2)) {
        leadOut(sheet, random, rules, spot, random.integer(0, 7), radius);
      }
    }
    return;
  }
  for (let i = random.integer(2, 14); i > 0; i--) {
    const spot = anywhere(sheet, random);
    const placed = placePad(sheet, random, style, spot.x, spot.y, rules.clearance);
    if (placed && random.chance(0.3)) leadOut(sheet, random, rules, spot, random.integer(0, 7), radius);
  }
}

/** Solid round vias and test points, a little oval as etching leaves them: alone, in pairs, in rows. Good copper. */
export function dots(sheet: Sheet, random: Random, rules: Rules): void {
  const size = random.between(4.5, 10);
  const oval = random.between(0.85, 1.2);
  const tented = random.chance(0.5);
  const pitch = 2 * size + rules.clearance * random.between(0.6, 4);
  for (let i = random.integer(3, 16); i > 0; i--) {
    const at = anywhere(sheet, random);
    const heading = random.integer(0, 3);
    const row = random.pick([1, 1, 1, 2, 2, random.integer(3, 8)]);
    for (let k = 0; k < row; k++) {
      const spot = step(at, heading, k * pitch);
      const radius = size * random.between(0.9, 1.1);
      const shape = rectangle({ ...spot, halfWidth: radius, halfHeight: radius * oval, corner: radius });
      if (!sheet.isClear(shape, rules.clearance * 0.7)) continue;
      sheet.copper(shape);
      if (!tented) sheet.opening(shape);
      if (random.chance(0.12)) leadOut(sheet, random, rules, spot, random.integer(0, 7), radius);
    }
  }
}

/** A trace folded to and fro: length matching. */
export function meander(sheet: Sheet, random: Random, rules: Rules): void {
  const heading = random.integer(0, 3);
  const pitch = 2 * rules.halfWidth + rules.clearance * random.between(1, 1.5);
  const depth = pitch * random.between(2, 7);
  const turns = random.integer(4, 16);
  const path = [anywhere(sheet, random)];
  for (let i = 0; i < turns; i++) {
    path.push(step(path[path.length - 1] as Point, heading + (i % 2 === 0 ? 2 : -2), depth));
    path.push(step(path[path.length - 1] as Point, heading, pitch));
  }
  const clear = clearPart(sheet, path, rules.halfWidth, rules.clearance);
  if (clear.length > 3) drawPath(sheet, clear, rules.halfWidth);
}

/** Radius of the smallest drill for a hole that is not in a pad, px: smaller ones look like pin-holes. */
export const MIN_DRILL_PX = 5;

/** Milled slots are no narrower than this, px on either side of their middle; a pin-hole is. */
const MIN_SLOT_HALF_PX = 9;

/** A large piece of copper: a power plane, a heat spreader, a mounting pad. */
export function area(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const w = random.logBetween(35, 200);
  const h = random.logBetween(35, 200);
  const corner = random.pick([0, 0, Math.min(w, h) * random.between(0.15, 0.9)]);
  const shape = random.chance(0.25)
    ? disc(at.x, at.y, w)
    : rectangle({ ...at, halfWidth: w, halfHeight: h, corner, chamfer: random.chance(0.6) });
  if (!sheet.isClear(shape, rules.clearance)) return;
  sheet.copper(shape);
  const drill = random.logBetween(MIN_DRILL_PX, 22);
  for (let i = random.pick([0, 0, 1, 2, 4, 8]); i > 0; i--) {
    const spot = { x: at.x + random.between(-0.8, 0.8) * w, y: at.y + random.between(-0.8, 0.8) * h };
    const radius = random.chance(0.8) ? drill : random.logBetween(MIN_DRILL_PX, 22);
    if (random.chance(0.8)) sheet.hole(disc(spot.x, spot.y, radius));
    else {
      const half = Math.max(MIN_SLOT_HALF_PX, radius * 0.7);
      sheet.hole(capsule(spot, step(spot, random.integer(0, 7), half * 4), half));
    }
  }
  if (random.chance(0.6)) {
    const heading = 2 * random.integer(0, 3);
    leadOut(sheet, random, { ...rules, halfWidth: rules.halfWidth * 1.5 }, at, heading, heading % 4 === 0 ? w : h);
  }
}

/** A few letters etched in copper. */
export function text(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const unit = random.between(4, 9);
  const halfWidth = random.between(0.8, unit * 0.75);
  const room = Math.min(4, rules.clearance);
  const isClear = (path: Point[]) => clearPart(sheet, path, halfWidth, room).length === path.length;
  // part of a letter is a speck of copper and no letter; heavy letters touch each other, so all are tested first
  const whole = letters(random, at, unit, random.integer(1, 8)).filter((letter) => letter.every(isClear));
  for (const path of whole.flat()) drawPath(sheet, path, halfWidth);
}

/** Overlapping rings in a row: a slot that is drilled hole by hole. */
export function ringChain(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const radius = random.between(9, 26);
  const heading = random.integer(0, 3);
  const spots = Array.from({ length: random.integer(1, 4) }, (_, i) => step(at, heading, i * radius * 1.3));
  if (!spots.every((spot) => sheet.isClear(disc(spot.x, spot.y, radius), rules.clearance))) return;
  const drill = radius * random.between(0.3, 0.75);
  for (const spot of spots) {
    sheet.copper(disc(spot.x, spot.y, radius));
    sheet.opening(disc(spot.x, spot.y, radius));
    sheet.hole(disc(spot.x, spot.y, drill), true);
  }
}

/** Alignment marks: a dot in a ring. */
export function target(sheet: Sheet, random: Random, rules: Rules): void {
  const at = anywhere(sheet, random);
  const radius = random.between(14, 48);
  if (!sheet.isClear(disc(at.x, at.y, radius), rules.clearance)) return;
  sheet.copper(disc(at.x, at.y, radius));
  sheet.gap(disc(at.x, at.y, radius - random.between(4, 10)));
  if (random.chance(0.8)) sheet.copper(disc(at.x, at.y, radius * random.between(0.2, 0.4)));
}
