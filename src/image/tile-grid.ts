import type { Rectangle } from '../contract/frame';
import { MAX_TILES_PER_SIDE, type TileCount, type Tiling } from '../contract/tiling';

/** Tiles row by row, whole pixels of the upright picture. */
export interface TileGrid extends TileCount {
  tiles: Rectangle[];
}

/** One axis: where tiles begin, and how long each is, pixels. */
interface Spans {
  starts: number[];
  length: number;
}

/**
 * Cuts a region into tiles of one size that overlap and leave nothing out. `auto` takes tiles of the model's input size, so that
 * every pixel is shown as it is; where more than 16 would be needed, 16 larger ones.
 *
 * @param region the inspected part, already inside the picture
 * @param input model input size, pixels
 */
export function tileGrid(region: Rectangle, input: { width: number; height: number }, tiling: Tiling): TileGrid {
  const { layout, overlap } = tiling;
  const isAuto = layout === 'auto';
  const across = isAuto ? cover(region.width, input.width, overlap) : divide(region.width, layout.columns, overlap);
  const down = isAuto ? cover(region.height, input.height, overlap) : divide(region.height, layout.rows, overlap);
  const tiles = down.starts.flatMap((y) =>
    across.starts.map((x) => ({ x: region.x + x, y: region.y + y, width: across.length, height: down.length })),
  );
  return { columns: across.starts.length, rows: down.starts.length, count: tiles.length, tiles };
}

/** As many tiles of a length as it takes. */
function cover(whole: number, length: number, overlap: number): Spans {
  if (whole <= length) return { starts: [0], length: whole };
  const count = Math.ceil((whole - overlap * length) / (length * (1 - overlap)));
  return count > MAX_TILES_PER_SIDE ? divide(whole, MAX_TILES_PER_SIDE, overlap) : spread(whole, length, count);
}

/** So many tiles of the length that it takes. */
function divide(whole: number, wanted: number, overlap: number): Spans {
  // a tile is a pixel at least
  const count = Math.min(wanted, whole);
  const length = Math.min(whole, Math.ceil(whole / (count - (count - 1) * overlap)));
  return spread(whole, length, count);
}

function spread(whole: number, length: number, count: number): Spans {
  const starts = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : Math.round((i * (whole - length)) / (count - 1)),
  );
  return { starts, length };
}
