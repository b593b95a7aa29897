import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { nms } from '../detect/nms';
import type { Tiling } from '../contract/tiling';
import type { Pipeline } from '../detect/pipeline';
import { InspectionError, expected, messageOf } from '../contract/errors';
import { meanAveragePrecision, type EvaluatedImage, type MeanAveragePrecision } from './map';
import { truthsOf, type DatasetImage } from './map-dataset';

/**
 * What Ultralytics' `val` uses: nearly every candidate counts (precision at high recall needs them), a box may stand for
 * several classes, boxes of a class overlap up to 0.7, at most 300 per image are kept out of at most 30,000 candidates.
 */
export const EVALUATION = {
  confidence: 0.001,
  multiLabel: true,
  maxCandidates: 30_000,
  iou: 0.7,
  maxDetections: 300,
} as const;

/**
 * Runs a model over a dataset: what it finds in every picture, beside the labels. The picture of the next image is
 * decoded while this one is inferred.
 *
 * @param onProgress called after each image with how many are done
 * @param tiling how each image is cut; undefined: not at all
 * @throws InspectionError BAD_IMAGE …, BAD_ARGUMENT for a label of a class that the model does not have
 */
export async function findAll(
  pipeline: Pipeline,
  dataset: readonly DatasetImage[],
  onProgress: (done: number) => void = () => {},
  tiling?: Tiling,
): Promise<EvaluatedImage[]> {
  const { classNames } = pipeline.info;
  for (const image of dataset) checkClasses(image, classNames);
  const images: EvaluatedImage[] = [];
  let next = prepare(pipeline, dataset[0], tiling);
  for (const [index, { labels, view }] of dataset.entries()) {
    const prepared = await (next as NonNullable<typeof next>);
    next = prepare(pipeline, dataset[index + 1], tiling);
    const { detections, image } = await pipeline.inferTiles(prepared, EVALUATION);
    images.push({ detections: nms(detections, EVALUATION), truths: truthsOf(labels, image, view) });
    onProgress(index + 1);
  }
  return images;
}

/** Runs a model over a labelled dataset and scores it. @throws as findAll */
export async function evaluate(pipeline: Pipeline, dataset: readonly DatasetImage[]): Promise<MeanAveragePrecision> {
  return meanAveragePrecision(await findAll(pipeline, dataset), pipeline.info.classNames);
}

type Prepared = ReturnType<Pipeline['prepareTiles']>;

function prepare(
  pipeline: Pipeline,
  image: DatasetImage | undefined,
  tiling: Tiling | undefined,
): Prepared | undefined {
  if (image === undefined) return undefined;
  const prepared = prepareFile(pipeline, image, tiling);
  // it is awaited when its turn comes; a failure before that is not unhandled
  prepared.catch(() => {});
  return prepared;
}

async function prepareFile(pipeline: Pipeline, { path, view }: DatasetImage, tiling: Tiling | undefined): Prepared {
  try {
    return await pipeline.prepareTiles(await readFile(path), view, tiling);
  } catch (error) {
    const code = error instanceof InspectionError ? error.code : 'IO_FAILED';
    throw new InspectionError(code, `${basename(path)}: ${messageOf(error)}`, { cause: error });
  }
}

function checkClasses({ labels, path }: DatasetImage, classNames: readonly string[]): void {
  const unknown = labels.find(({ classId }) => classId >= classNames.length);
  if (unknown === undefined) return;
  throw expected(
    `a class between 0 and ${classNames.length - 1} (the model's)`,
    `the labels of ${basename(path)}`,
    unknown.classId,
  );
}
