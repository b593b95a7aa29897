import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Tiling } from '../../contract/tiling';
import { tilesOf } from '../../image/tiles';
import type { CalibrationImage, CalibrationSet } from './calibration-set';

/** Held-out tiles on the certificate at most: twice as many as pictures, because a tile rarely shows a defect. */
const MAX_HELD_OUT_TILES = 400;

/**
 * A calibration set of tiles, as the detector will see them: each is its picture with the tile as region. Every picture gives one
 * tile before any gives a second; which ones goes by a hash, so the same pictures give the same tiles.
 *
 * @param input model input size, pixels
 * @param samples tiles that calibration sees at most
 * @throws InspectionError BAD_IMAGE …
 */
export async function cutSet(
  set: CalibrationSet,
  tiling: Tiling,
  input: { width: number; height: number },
  samples: number,
): Promise<CalibrationSet> {
  const cut = async (images: readonly CalibrationImage[], most: number): Promise<CalibrationImage[]> => {
    const stacks: CalibrationImage[][] = [];
    for (const image of images) stacks.push(await tilesByHash(image, tiling, input));
    const longest = Math.max(0, ...stacks.map((stack) => stack.length));
    const chosen = Array.from({ length: longest }, (_, turn) => stacks.flatMap((stack) => stack[turn] ?? [])).flat();
    return chosen.slice(0, most);
  };
  const calibration = await cut(set.calibration, samples);
  const hash = createHash('sha256');
  for (const { sha256, view } of calibration) hash.update(`${sha256} ${JSON.stringify(view)}`);
  return {
    ...set,
    calibration,
    heldOut: await cut(set.heldOut, MAX_HELD_OUT_TILES),
    sha256: hash.digest('hex'),
  };
}

async function tilesByHash(
  image: CalibrationImage,
  tiling: Tiling,
  input: { width: number; height: number },
): Promise<CalibrationImage[]> {
  const { tiles } = await tilesOf(await readFile(image.path), image.view, input, tiling);
  const orderOf = (index: number) => createHash('sha256').update(`${image.sha256} ${index}`).digest('hex');
  return tiles
    .map((region, index) => ({ order: orderOf(index), entry: { ...image, view: { ...image.view, region } } }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ entry }) => entry);
}
