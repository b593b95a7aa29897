import { expected } from './errors';
import { numberBetween } from './validate';

/** How a picture is cut into tiles that the model looks at one by one. */
export interface Tiling {
  /** `auto`: as many as it takes to show every pixel at its own size; else so many beside and below each other. */
  layout: 'auto' | { columns: number; rows: number };
  /** Share of a tile's side that two neighbours have in common at least, 0 … 0.5. */
  overlap: number;
}

/** What was cut: part of an answer, where there was more than one tile. */
export interface TileCount {
  columns: number;
  rows: number;
  /** Runs of the model that this one frame cost. */
  count: number;
}

/** Tiles beside or below each other at most: 256 runs of a model are seconds. */
export const MAX_TILES_PER_SIDE = 16;

/** The default of SAHI's `get_sliced_prediction`: a defect of up to a fifth of a tile is whole in at least one. */
export const DEFAULT_OVERLAP = 0.2;
export const MAX_OVERLAP = 0.5;

/**
 * Reads `off`, `auto` or `3x2` (also `3×2`): columns and rows.
 *
 * @param overlap share of a tile's side, 0 … 0.5
 * @returns undefined: the picture is not cut
 * @throws InspectionError BAD_ARGUMENT
 */
export function parseTiling(tiles: unknown, overlap: unknown = DEFAULT_OVERLAP): Tiling | undefined {
  const share = numberBetween(overlap, 'the overlap of tiles', 0, MAX_OVERLAP);
  const text = typeof tiles === 'string' ? tiles.trim().toLowerCase() : tiles === undefined ? '' : 'no text';
  if (text === 'off' || text === '') return undefined;
  if (text === 'auto') return { layout: 'auto', overlap: share };
  const [, columns, rows] = /^(\d{1,2})\s*[x×]\s*(\d{1,2})$/.exec(text)?.map(Number) ?? [];
  if (columns && rows && columns <= MAX_TILES_PER_SIDE && rows <= MAX_TILES_PER_SIDE) {
    return { layout: { columns, rows }, overlap: share };
  }
  throw expected(`off, auto, or columns x rows such as 3x2 (each 1 to ${MAX_TILES_PER_SIDE})`, 'tiles', tiles);
}
