import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { listImages } from '../../evaluate/map-dataset';
import { expected, messageOf } from '../../contract/errors';
import { decodeAndLetterbox } from '../../image/letterbox';
import { MIN_CALIBRATION_IMAGES } from '../options';

export interface CalibrationImage {
  path: string;
  /** SHA-256 of the file. */
  sha256: string;
}

export interface CalibrationSet {
  calibration: CalibrationImage[];
  /** Never seen by calibration: the certificate is made on these. */
  heldOut: CalibrationImage[];
  /** Files that could not be decoded, with the reason. */
  skipped: { file: string; reason: string }[];
  /** Files that are byte for byte the same as another. */
  duplicates: number;
  /** SHA-256 over the hashes of the calibration images: names the set in the recipe. */
  sha256: string;
}

/** Pictures on the certificate at most: each is run through both models several times. */
const MAX_HELD_OUT = 200;

/**
 * Reads a folder of pictures and divides it. Both the choice and the division go by the hash of the contents: the same
 * pictures give the same sets whatever they are called, and neighbours on the line do not end up on one side.
 *
 * @param samples calibration pictures at most
 * @param holdOut share that is held out
 * @throws InspectionError SOURCE_UNAVAILABLE, BAD_ARGUMENT when fewer than 8 pictures can be decoded
 */
export async function readCalibrationSet(
  folder: string,
  samples: number,
  holdOut: number,
  signal?: AbortSignal,
): Promise<CalibrationSet> {
  const bySha = new Map<string, CalibrationImage>();
  const skipped: CalibrationSet['skipped'] = [];
  let duplicates = 0;
  for (const path of await listImages(folder, 'calibration')) {
    signal?.throwIfAborted();
    try {
      const bytes = await readFile(path);
      // decoded once at a small size: an unreadable picture is found now, not in the middle of a pass
      await decodeAndLetterbox(bytes, undefined, { width: 64, height: 64 });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (bySha.has(sha256)) duplicates++;
      else bySha.set(sha256, { path, sha256 });
    } catch (error) {
      skipped.push({ file: basename(path), reason: messageOf(error) });
    }
  }
  const images = [...bySha.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  if (images.length < MIN_CALIBRATION_IMAGES) {
    throw expected(
      `at least ${MIN_CALIBRATION_IMAGES} different pictures that can be decoded`,
      'calibration',
      `${images.length} in ${folder}${skipped.length > 0 ? ` (${skipped.length} unreadable: ${skipped.map(({ file }) => file).join(', ')})` : ''}`,
    );
  }
  const heldOutCount = Math.min(MAX_HELD_OUT, Math.max(1, Math.round(images.length * holdOut)));
  const heldOut = images.slice(0, heldOutCount);
  const calibration = images.slice(heldOutCount, heldOutCount + samples);
  const hash = createHash('sha256');
  for (const { sha256 } of calibration) hash.update(sha256);
  return { calibration, heldOut, skipped, duplicates, sha256: hash.digest('hex') };
}
