import type { Random } from '../../../kit/random';
import { disc, rectangle, type Shape } from '../shapes';
import type { Sheet } from '../sheet';

export type PadKind = 'round' | 'octagon' | 'oblong' | 'square' | 'soft';

/** How one kind of pad is drawn: outline by half width and half height. */
const PAD_SHAPES: Record<PadKind, (x: number, y: number, w: number, h: number) => Shape> = {
  round: (x, y, w, h) => disc(x, y, Math.max(w, h)),
  octagon: (x, y, w, h) =>
    rectangle({ x, y, halfWidth: w, halfHeight: h, corner: Math.min(w, h) * 0.59, chamfer: true }),
  oblong: (x, y, w, h) => rectangle({ x, y, halfWidth: w, halfHeight: h, corner: Math.min(w, h) }),
  square: (x, y, w, h) => rectangle({ x, y, halfWidth: w, halfHeight: h }),
  soft: (x, y, w, h) => rectangle({ x, y, halfWidth: w, halfHeight: h, corner: Math.min(w, h) * 0.35 }),
};

/** Radius of the smallest hole in a pad, px. */
const MIN_HOLE_PX = 2.5;

export interface PadStyle {
  kind: PadKind;
  halfWidth: number;
  halfHeight: number;
  /** Drill radius over the smaller half side; 0 for a pad without a hole. */
  hole: number;
  /** Offset of the drill from the pad's centre over the pad's half side: a misregistered drill. */
  holeShift: number;
  /** Covered by solder mask: most vias. */
  tented?: boolean;
}

export function padStyle(random: Random, size: number, drilled: boolean): PadStyle {
  const kind = random.pick<PadKind>(
    drilled ? ['round', 'round', 'octagon', 'oblong', 'square'] : ['square', 'soft', 'oblong', 'square', 'round'],
  );
  const long = kind === 'round' ? 1 : random.pick([1, 1, 1.5, 2, 3]);
  const upright = random.chance(0.5);
  return {
    kind,
    halfWidth: upright ? size : size * long,
    halfHeight: upright ? size * long : size,
    hole: drilled ? random.logBetween(0.15, 0.62) : 0,
    holeShift: random.chance(0.25) ? random.between(0, 0.25) : 0,
  };
}

/** Draws a pad where there is room for it; false when there is none. */
export function placePad(
  sheet: Sheet,
  random: Random,
  style: PadStyle,
  x: number,
  y: number,
  clearance: number,
): boolean {
  const shape = PAD_SHAPES[style.kind](x, y, style.halfWidth, style.halfHeight);
  if (!sheet.isClear(shape, clearance)) return false;
  sheet.copper(shape);
  if (!style.tented) sheet.opening(shape);
  if (style.hole > 0) {
    const side = Math.min(style.halfWidth, style.halfHeight);
    const turn = random.between(0, 2 * Math.PI);
    const shift = side * style.holeShift;
    const radius = Math.max(MIN_HOLE_PX, side * style.hole);
    sheet.hole(disc(x + shift * Math.cos(turn), y + shift * Math.sin(turn), radius));
  }
  return true;
}
