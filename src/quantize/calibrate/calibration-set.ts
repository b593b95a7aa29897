import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { viewOf, type View } from '../../contract/view';
import { listImages } from '../../evaluate/map-dataset';
import { expected, messageOf } from '../../contract/errors';
import { decodeAndLetterbox } from '../../image/letterbox';
import { readView } from './view-file';
import { MIN_CALIBRATION_IMAGES, type QuantizeOptions } from '../options';

export interface CalibrationImage {
  path: string;
  /** SHA-256 of the file. */
  sha256: string;
  /** What of it is inspected; undefined: all of it, as it is. */
  view?: View | undefined;
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

/** Held-out pictures on the certificate at most: each is run through both models several times. */
const MAX_HELD_OUT = 200;
/** The same for pictures that were given for the certificate. */
const MAX_CERTIFY = 1000;

/** Where the pictures come from, and how they are divided: see QuantizeOptions. */
export type CalibrationSource = Pick<
  QuantizeOptions,
  'calibration' | 'samples' | 'holdOut' | 'certify' | 'region' | 'rotate'
>;

/**
 * Reads a folder of pictures and divides it. Both the choice and the division go by the hash of the contents: the same
 * pictures give the same sets whatever they are called, and neighbours on the line do not end up on one side. With a folder
 * of pictures for the certificate those are held out instead; one that is in both folders only judges. What of a picture is
 * inspected is written beside it, or else the same for all.
 *
 * @throws InspectionError SOURCE_UNAVAILABLE, BAD_ARGUMENT when fewer than 8 pictures can be decoded
 */
export async function readCalibrationSet(source: CalibrationSource, signal?: AbortSignal): Promise<CalibrationSet> {
  const own = await readPictures(source.calibration, 'calibration', source, signal);
  const judging =
    source.certify === undefined ? undefined : await readPictures(source.certify, 'certify', source, signal);
  const judges = new Set(judging?.images.map(({ sha256 }) => sha256));
  const images = own.images.filter(({ sha256 }) => !judges.has(sha256));
  const skipped = [...own.skipped, ...(judging?.skipped ?? [])];
  assertEnough(images, own.skipped, 'calibration', source.calibration);
  if (judging) assertEnough(judging.images, judging.skipped, 'certify', source.certify!);
  const heldOutCount = Math.min(MAX_HELD_OUT, Math.max(1, Math.round(images.length * source.holdOut)));
  const heldOut = judging ? judging.images.slice(0, MAX_CERTIFY) : images.slice(0, heldOutCount);
  const rest = judging ? images : images.slice(heldOutCount);
  const calibration = rest.slice(0, source.samples);
  const hash = createHash('sha256');
  for (const { sha256, view } of calibration) hash.update(view ? `${sha256} ${JSON.stringify(view)}` : sha256);
  const duplicates = own.duplicates + (judging?.duplicates ?? 0) + own.images.length - images.length;
  return { calibration, heldOut, skipped, duplicates, sha256: hash.digest('hex') };
}

/**
 * The different pictures of a folder that can be decoded, by their hash.
 *
 * @param common what of a picture is inspected where nothing is written beside it
 * @throws InspectionError SOURCE_UNAVAILABLE
 */
export async function readPictures(
  folder: string,
  forWhat: string,
  common: View,
  signal?: AbortSignal,
): Promise<Pick<CalibrationSet, 'skipped' | 'duplicates'> & { images: CalibrationImage[] }> {
  const bySha = new Map<string, CalibrationImage>();
  const skipped: CalibrationSet['skipped'] = [];
  let duplicates = 0;
  for (const path of await listImages(folder, forWhat)) {
    signal?.throwIfAborted();
    try {
      const bytes = await readFile(path);
      // decoded once at a small size: an unreadable picture is found now, not in the middle of a pass
      const view = (await readView(path)) ?? viewOf(common);
      await decodeAndLetterbox(bytes, view, { width: 64, height: 64 });
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (bySha.has(sha256)) duplicates++;
      else bySha.set(sha256, { path, sha256, ...(view && { view }) });
    } catch (error) {
      skipped.push({ file: basename(path), reason: messageOf(error) });
    }
  }
  return { images: [...bySha.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1)), skipped, duplicates };
}

function assertEnough(
  images: readonly CalibrationImage[],
  skipped: CalibrationSet['skipped'],
  forWhat: string,
  folder: string,
): void {
  if (images.length >= MIN_CALIBRATION_IMAGES) return;
  throw expected(
    `at least ${MIN_CALIBRATION_IMAGES} different pictures that can be decoded`,
    forWhat,
    `${images.length} in ${folder}${skipped.length > 0 ? ` (${skipped.length} unreadable: ${skipped.map(({ file }) => file).join(', ')})` : ''}`,
  );
}
