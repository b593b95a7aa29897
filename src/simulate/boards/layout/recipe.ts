import type { Random } from '../../../kit/random';
import { rectangle, type Shape } from '../shapes';
import type { Sheet } from '../sheet';
import type { Rules } from './parts';

export type Part = (sheet: Sheet, random: Random, rules: Rules) => void;

/** How often a layout tries each part: from, to. */
export type Recipe = [Part, number, number][];

/** Tries the parts of a recipe one after the other; a part that finds no room is left out. */
export function build(sheet: Sheet, random: Random, rules: Rules, recipe: Recipe): void {
  for (const [part, from, to] of recipe) for (let i = random.integer(from, to); i > 0; i--) part(sheet, random, rules);
}

/** All of the sheet and a little more: what a pour without an edge in the picture covers. */
export function wholeSheet(sheet: Sheet): Shape {
  const half = sheet.size / 2;
  return rectangle({ x: half, y: half, halfWidth: half + 20, halfHeight: half + 20 });
}
