import type { FrameInfo, Rectangle } from '../contract/frame';
import type { PictureMeasures } from '../contract/picture-measures';
import type { Tiling } from '../contract/tiling';
import { checkBytes, letterboxOpened, letterboxPart, rgbPixels, withView } from './letterbox';
import { letterboxGeometry, type Letterboxed } from './letterbox-geometry';
import { measurePixels } from './picture-measures';
import { tileGrid, type TileGrid } from './tile-grid';

/** A decoded picture that is cut into tiles one by one, as the model comes to them. */
export class TiledPicture {
  constructor(
    /** uint8 RGB of the inspected region, rows without padding. */
    private readonly pixels: Uint8Array,
    /** Pixels of the upright source image. */
    readonly sourceWidth: number,
    readonly sourceHeight: number,
    readonly region: Rectangle,
    private readonly input: { width: number; height: number },
    readonly grid: TileGrid,
  ) {}

  /** How the whole of it is exposed and focused. */
  measure(): PictureMeasures {
    const { width, height } = this.region;
    return measurePixels({ pixels: this.pixels, columns: width, left: 0, top: 0, width, height });
  }

  /** One tile as the model takes it; its region says where it lies in the upright source image. */
  async tile(index: number): Promise<Letterboxed> {
    const { sourceWidth, sourceHeight, region, input } = this;
    const tile = this.grid.tiles[index] as Rectangle;
    const geometry = letterboxGeometry(sourceWidth, sourceHeight, tile, input.width, input.height);
    const inside = { ...tile, x: tile.x - region.x, y: tile.y - region.y };
    const isAsItIs = tile.width === input.width && tile.height === input.height;
    const raw = { pixels: this.pixels, width: region.width, height: region.height };
    return { ...geometry, pixels: isAsItIs ? cut(raw, inside) : await letterboxPart(raw, inside, input) };
  }
}

/** Rows of a part, without any scaling. */
function cut({ pixels, width }: { pixels: Uint8Array; width: number }, part: Rectangle): Uint8Array {
  const rowBytes = part.width * 3;
  const rows = new Uint8Array(rowBytes * part.height);
  for (let row = 0; row < part.height; row++) {
    const from = ((part.y + row) * width + part.x) * 3;
    rows.set(pixels.subarray(from, from + rowBytes), row * rowBytes);
  }
  return rows;
}

/**
 * Decodes a picture once for all of its tiles: orientation, turn and region as in decodeAndLetterbox. Its pixels stay in memory, 3 bytes
 * each, as long as it is held.
 *
 * @param image encoded bytes, or raw RGB when `frame.format` is `rgb24`
 * @param input model input size, pixels
 * @returns the letterboxed picture as without tiles where one tile is enough
 * @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE, BAD_ARGUMENT
 */
export async function decodeTiles(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
  input: { width: number; height: number },
  tiling: Tiling,
): Promise<Letterboxed | TiledPicture> {
  checkBytes(image);
  return withView(image, frame, async (opened) => {
    const { picture, width, height, region } = opened;
    const grid = tileGrid(region, input, tiling);
    if (grid.count === 1) return letterboxOpened(opened, input);
    const pixels = await rgbPixels(picture.removeAlpha().toColourspace('srgb'));
    return new TiledPicture(pixels, width, height, region, input, grid);
  });
}

/** The tiles of a picture, whose pixels are not looked at. @throws as decodeTiles */
export function tilesOf(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
  input: { width: number; height: number },
  tiling: Tiling,
): Promise<TileGrid> {
  return withView(image, frame, ({ region }) => Promise.resolve(tileGrid(region, input, tiling)));
}
