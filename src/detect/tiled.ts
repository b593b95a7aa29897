import type { TileCount } from '../contract/tiling';
import type { Letterboxed } from '../image/letterbox-geometry';
import type { TiledPicture } from '../image/tiles';
import { mergeTiles } from './merge-tiles';
import type { Inferred } from './model-runner';
import { nms, type NmsOptions } from './nms';

export type TiledInferred = Omit<Inferred, 'scores'> & { tiles: TileCount };

interface TiledHow {
  infer: (prepared: Letterboxed) => Promise<Inferred>;
  /** Tiles that are under way at once, ≥ 1: the rest is not cut yet, and takes no memory. */
  atOnce: number;
  /** Of the NMS within a tile. */
  nms?: Partial<NmsOptions>;
  /** Called after each tile. */
  onTile?: () => void;
}

/**
 * Runs a model on every tile of a picture and makes one answer of it. Doubles within a tile are removed before the tiles are put
 * together, so the detections are findings, not candidates.
 *
 * @throws what the first tile that fails is rejected with
 */
export async function inferTiles(picture: TiledPicture, how: TiledHow): Promise<TiledInferred> {
  const { columns, rows, count, tiles } = picture.grid;
  const answers = new Array<Inferred>(count);
  let next = 0;
  let hasFailed = false;
  const work = async (): Promise<void> => {
    while (next < count && !hasFailed) {
      const index = next++;
      try {
        answers[index] = await how.infer(await picture.tile(index));
      } catch (error) {
        hasFailed = true;
        throw error;
      }
      how.onTile?.();
    }
  };
  await Promise.all(Array.from({ length: Math.min(how.atOnce, count) }, work));
  const findings = answers.map(({ detections }, index) => ({
    tile: tiles[index]!,
    detections: nms(detections, how.nms),
  }));
  const { sourceWidth: width, sourceHeight: height } = picture;
  return {
    detections: mergeTiles(findings, picture.region),
    image: { width, height },
    confidence: answers[0]!.confidence,
    tiles: { columns, rows, count },
  };
}
