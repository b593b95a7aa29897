import type { Random } from '../../../kit/random';
import type { Sheet } from '../sheet';
import { bars, power } from './heavy-copper';
import { links } from './links';
import { area, bus, chip, dots, footprint, meander, ringChain, target, text, vias } from './parts';
import { plane } from './planes';
import { build, wholeSheet, type Part } from './recipe';
import { beads, waists, wedges } from './tapered';
import { testPoints } from './test-points';

/** Most boards have straight corners; on the others they bend. */
function bendRadius(random: Random): number {
  return random.chance(0.75) ? 0 : random.between(15, 70);
}

/** Signal routing: thin traces, small pads. */
function fine(sheet: Sheet, random: Random): void {
  const halfWidth = random.between(2.8, 5.5);
  const rules = {
    halfWidth,
    clearance: random.between(7, 16),
    pad: random.between(6, 15),
    drilled: random.pick([0, 0, 0.5, 1]),
    bendRadius: bendRadius(random),
  };
  build(sheet, random, rules, [
    [area, 0, 1],
    [bus, 0, 4],
    [meander, 0, random.chance(0.25) ? 5 : 0],
    [footprint, 0, 6],
    [chip, 0, 8],
    [vias, 0, 4],
    [dots, random.chance(0.75) ? 1 : 0, 2],
    [links, 0, 10],
    [waists, 0, random.chance(0.5) ? 4 : 0],
    [wedges, 0, random.chance(0.5) ? 4 : 0],
    [beads, 0, 1],
    [testPoints, 0, 3],
    [target, 0, 1],
    [ringChain, 0, random.chance(0.3) ? 3 : 0],
    [text, 0, random.chance(0.3) ? 3 : 0],
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
    bendRadius: bendRadius(random),
  };
  build(sheet, random, rules, [
    [area, 0, 6],
    [bus, 0, 4],
    [footprint, 1, 8],
    [chip, 0, 9],
    [vias, 0, 2],
    [dots, 0, 1],
    [links, 0, 9],
    [waists, 0, random.chance(0.5) ? 5 : 0],
    [wedges, 0, random.chance(0.6) ? 6 : 0],
    [beads, 0, 1],
    [testPoints, 0, 3],
    [target, 0, 1],
    [ringChain, 0, random.chance(0.3) ? 3 : 0],
    [text, 0, random.chance(0.3) ? 3 : 0],
  ]);
  if (random.chance(0.2)) sheet.flood(wholeSheet(sheet), random.between(7, 18));
}

/** Small boards of many parts: chips on square pads, connectors, thin and wide traces side by side, test points. */
function crowded(sheet: Sheet, random: Random): void {
  const halfWidth = random.between(3, 6);
  const rules = {
    halfWidth,
    clearance: random.between(7, 13),
    pad: random.between(11, 22),
    drilled: random.pick([0, 0.2, 0.5]),
    bendRadius: 0,
  };
  const wide = { ...rules, halfWidth: halfWidth * random.between(1.5, 3) };
  const wired =
    (part: Part): Part =>
    (onto, dice) =>
      part(onto, dice, wide);
  build(sheet, random, rules, [
    [area, 0, 2],
    [bus, 1, 3],
    [wedges, 2, 7],
    [waists, 1, 6],
    [footprint, 1, 4],
    [wired(chip), 2, 8],
    [chip, 4, 14],
    [meander, 0, 2],
    [links, 0, 4],
    [testPoints, 1, 5],
    [dots, 0, 1],
    [text, 0, 1],
  ]);
}

/** The rim of a board: little copper, much bare laminate. */
function sparse(sheet: Sheet, random: Random): void {
  const halfWidth = random.logBetween(2.5, 14);
  const rules = {
    halfWidth,
    clearance: random.between(8, 18),
    pad: halfWidth * 1.5 + 6,
    drilled: random.next(),
    bendRadius: 0,
  };
  build(sheet, random, rules, [
    [random.pick<Part>([area, bus, footprint]), 1, 2],
    [random.pick<Part>([chip, vias, bus, dots, waists, wedges, beads]), 0, 2],
    [testPoints, 0, 1],
    [target, 0, 1],
    [ringChain, 0, random.chance(0.3) ? 3 : 0],
    [text, 0, random.chance(0.4) ? 3 : 0],
  ]);
}

/** The kinds of board, with the share of each. */
export const LAYOUTS: readonly { name: string; weight: number; draw: (sheet: Sheet, random: Random) => void }[] = [
  { name: 'fine', weight: 24, draw: fine },
  { name: 'through-hole', weight: 24, draw: throughHole },
  { name: 'crowded', weight: 24, draw: crowded },
  { name: 'bars', weight: 12, draw: bars },
  { name: 'plane', weight: 16, draw: plane },
  { name: 'sparse', weight: 6, draw: sparse },
  { name: 'power', weight: 10, draw: power },
];
