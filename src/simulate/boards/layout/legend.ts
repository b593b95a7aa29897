import type { Point } from '../mask';
import type { Random } from '../../../kit/random';
import { capsule, type Shape } from '../shapes';
import type { Sheet } from '../sheet';
import { GLYPH_ADVANCE, GLYPH_NAMES, glyphStrokes } from './strokes';

/** A few random letters in a row, each as the paths of its pen strokes. */
export function letters(random: Random, at: Point, unitPx: number, count: number): Point[][][] {
  // mostly along an edge of the board, sometimes at any slant
  const angle = random.chance(0.75) ? (random.pick([0, 1, 3, 0]) * Math.PI) / 2 : random.between(0, 2 * Math.PI);
  const x = { x: Math.cos(angle), y: Math.sin(angle) };
  const y = { x: -x.y, y: x.x };
  return Array.from({ length: count }, (_, i) =>
    glyphStrokes(random.pick(GLYPH_NAMES)).map((stroke) =>
      stroke.map(([u, v]): Point => {
        const across = (u + i * GLYPH_ADVANCE) * unitPx;
        return { x: at.x + x.x * across + y.x * v * unitPx, y: at.y + x.y * across + y.y * v * unitPx };
      }),
    ),
  );
}

function pieces(path: readonly Point[], halfWidth: number): Shape[] {
  return path.slice(1).map((point, i) => capsule(path[i] as Point, point, halfWidth));
}

/** The silk screen: outlines of parts and their names. It lies on the solder mask and changes no copper. */
export function legend(sheet: Sheet, random: Random): void {
  const anywhere = (): Point => ({ x: random.between(0, sheet.size), y: random.between(0, sheet.size) });
  const halfWidth = random.between(1.1, 2.6);
  for (let i = random.integer(0, 6); i > 0; i--) {
    const a = anywhere();
    const b = { x: a.x + random.logBetween(40, 260), y: a.y + random.logBetween(40, 260) };
    const outline = [a, { x: b.x, y: a.y }, b, { x: a.x, y: b.y }, a];
    for (const shape of pieces(outline.slice(0, random.chance(0.7) ? 5 : 4), halfWidth)) sheet.silk(shape);
  }
  for (let i = random.integer(0, 8); i > 0; i--) {
    for (const path of letters(random, anywhere(), random.between(2.5, 6), random.integer(1, 5)).flat()) {
      for (const shape of pieces(path, halfWidth * 0.8)) sheet.silk(shape);
    }
  }
}
