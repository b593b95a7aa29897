import { flood, SIDES } from './flood';
import { Mask } from './mask';
import type { Shape } from './shapes';

interface Drawn {
  shape: Shape;
  value: 0 | 1;
}

/** Bits of a finished sheet's pixels. The copper alone is what binarised pictures show; photographs show the rest too. */
export const COPPER = 1;
/** No solder mask here: a pad. */
export const OPENING = 2;
/** A drilled hole. */
export const DRILL = 4;
/** Printed legend: outlines and letters. */
export const SILK = 8;

/** Copper left around a drilled hole at least, px; a hole off the copper keeps as far away. */
const MIN_RING_PX = 1.5;

/** Smaller leftovers of a pour are taken away, px: "dead copper" to layout programs. */
const MIN_POUR_PX = 900;

/** The pieces of copper below an area, as lists of pixels. */
function smallPieces(mask: Mask, areaPx: number): number[][] {
  const seen = new Uint8Array(mask.data.length);
  const small: number[][] = [];
  for (let start = 0; start < seen.length; start++) {
    const piece: number[] = [];
    flood(mask.width, mask.height, start, SIDES, (index) => {
      if (seen[index] || mask.data[index] !== 1) return false;
      seen[index] = 1;
      piece.push(index);
      return true;
    });
    if (piece.length > 0 && piece.length < areaPx) small.push(piece);
  }
  return small;
}

/**
 * A board being laid out. It is larger than the picture by `marginPx` on every side, so that a slightly turned board
 * still fills the picture. Drill holes are kept apart and cut last: no later trace may cover one.
 */
export class Sheet {
  readonly size: number;
  readonly mask: Mask;
  readonly #drawn: Drawn[] = [];
  readonly #openings: Shape[] = [];
  readonly #holes: { shape: Shape; overlaps: boolean }[] = [];
  readonly #silk: Shape[] = [];

  constructor(sizePx: number, marginPx: number) {
    this.size = sizePx + 2 * marginPx;
    this.mask = new Mask(this.size, this.size);
  }

  copper(shape: Shape): void {
    this.mask.fill(shape(0), 1);
    this.#drawn.push({ shape, value: 1 });
  }

  /** Takes copper away: a gap in a pour, a cut-out. */
  gap(shape: Shape): void {
    this.mask.fill(shape(0), 0);
    this.#drawn.push({ shape, value: 0 });
  }

  opening(shape: Shape): void {
    this.#openings.push(shape);
  }

  /** @param overlaps drilled into other holes on purpose; otherwise a hole that would touch one is left out */
  hole(shape: Shape, overlaps = false): void {
    this.#holes.push({ shape, overlaps });
  }

  silk(shape: Shape): void {
    this.#silk.push(shape);
  }

  /** True when no copper lies within `clearancePx` of the shape. */
  isClear(shape: Shape, clearancePx: number): boolean {
    return this.mask.isFreeOf(shape(clearancePx), 1);
  }

  /** Takes away copper that is left over between gaps, as layout programs do: it looks like a defect. */
  dropSlivers(): void {
    for (const piece of smallPieces(this.mask, MIN_POUR_PX)) for (const pixel of piece) this.mask.data[pixel] = 0;
  }

  /**
   * Floods the inside of `outline` with copper that keeps `gapPx` away from everything drawn so far; slivers between are
   * left out.
   */
  flood(outline: Shape, gapPx: number): void {
    this.mask.fill(outline(0), 1);
    for (const { shape, value } of this.#drawn) if (value === 1) this.mask.fill(shape(gapPx), 0);
    this.dropSlivers();
    for (const { shape, value } of this.#drawn) this.mask.fill(shape(0), value);
  }

  /** Whether a hole has copper all around or none: one that cuts a trace or an edge is no design, but a defect. */
  #isDrillable(hole: Shape): boolean {
    const room = hole(MIN_RING_PX);
    return this.mask.isFreeOf(room, 0) || this.mask.isFreeOf(room, 1);
  }

  /** The finished board: one byte per pixel, COPPER and the other bits. Holes that would do damage are not drilled. */
  finish(): Mask {
    const board = this.mask.clone();
    const drillable = this.#holes.filter(({ shape }) => this.#isDrillable(shape));
    const holes: Shape[] = [];
    for (const { shape, overlaps } of drillable) {
      // `board` has the holes so far cut out, this.mask has not
      if (!overlaps && this.mask.isFreeOf(shape(0), 0) && !board.isFreeOf(shape(MIN_RING_PX), 0)) continue;
      board.fill(shape(0), 0);
      holes.push(shape);
    }
    const layers: [number, Shape[], number][] = [
      [OPENING, this.#openings, 2],
      [SILK, this.#silk, 0],
      [DRILL, holes, 0],
    ];
    for (const [bit, shapes, grow] of layers) for (const shape of shapes) board.mark(shape(grow), bit);
    return board;
  }
}
