import { expected } from '../contract/errors';
import type { Tiling } from '../contract/tiling';
import type { Pipeline } from '../detect/pipeline';
import { chooseThresholds, MIN_GOOD_PARTS } from '../evaluate/class-thresholds';
import type { DatasetImage, YoloLabel } from '../evaluate/map-dataset';
import { findAll } from '../evaluate/map-evaluate';
import { readPictures, type CalibrationImage, type CalibrationSet } from './calibrate/calibration-set';
import type { QuantizeOptions } from './options';

type Asked = Pick<QuantizeOptions, 'setThresholds' | 'good' | 'region' | 'rotate'>;

/**
 * The pictures of good parts that thresholds are chosen on: those of the folder of good parts, and calibration pictures that
 * people labelled as showing nothing. None of them judges: a picture that is held out for the certificate is left out.
 *
 * @param labelsOf the labels of a calibration picture; undefined: there are none
 * @throws InspectionError SOURCE_UNAVAILABLE, BAD_ARGUMENT when thresholds are asked for and there are fewer than 50
 */
export async function goodParts(
  asked: Asked,
  set: CalibrationSet,
  labelsOf: ((image: CalibrationImage) => readonly YoloLabel[]) | undefined,
): Promise<DatasetImage[]> {
  if (asked.setThresholds === undefined) return [];
  const judges = new Set(set.heldOut.map(({ sha256 }) => sha256));
  const given = asked.good === undefined ? [] : (await readPictures(asked.good, 'good', asked)).images;
  const labelled = labelsOf ? set.calibration.filter((image) => labelsOf(image).length === 0) : [];
  const bySha = new Map([...labelled, ...given].map((image) => [image.sha256, image]));
  const chosen = [...bySha.values()].filter(({ sha256 }) => !judges.has(sha256));
  if (chosen.length < MIN_GOOD_PARTS) {
    throw expected(
      `at least ${MIN_GOOD_PARTS} different pictures of good parts that are not held out for the certificate`,
      'set-thresholds',
      chosen.length,
    );
  }
  return chosen.map(({ path, view }) => ({ path, view, labels: [] }));
}

/**
 * The least confidence per class at which the INT8 model fails no more than the allowed share of the good parts.
 *
 * @param percent of the good parts that each class may fail
 * @param tiling how the detector will cut pictures; undefined: not at all
 * @returns by class name
 */
export async function thresholdsFor(
  int8: Pipeline,
  good: readonly DatasetImage[],
  percent: number,
  signal: AbortSignal | undefined,
  tiling?: Tiling,
): Promise<Record<string, number>> {
  const found = await findAll(int8, good, () => signal?.throwIfAborted(), tiling);
  return chooseThresholds(found, int8.info.classNames, percent / 100);
}
