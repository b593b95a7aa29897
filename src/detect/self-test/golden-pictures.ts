import { readFile } from 'node:fs/promises';
import type { View } from '../../contract/view';
import type { ModelManifest } from '../../contract/manifest';
import type { Detection } from '../../contract/detection';
import { writeSelfTest } from '../../model/self-test-files';
import { DEFAULT_CONFIDENCE, type Pipeline } from '../pipeline';
import { recordSelfTest } from './self-test';

/** Golden pictures of a model: two runs are a fifth of a second on a Raspberry Pi 5, and one takes the warm-up's place. */
const GOLDEN_PICTURES = 2;

/** A picture that a model can prove itself on. */
export interface GoldenPicture {
  path: string;
  /** What of it is inspected. */
  view?: View | undefined;
}

/**
 * Chooses the pictures on which a model has most to say: most classes, then most detections.
 *
 * @returns at most GOLDEN_PICTURES
 */
export function chooseGolden(
  results: readonly (GoldenPicture & { detections: readonly Detection[] })[],
): GoldenPicture[] {
  const classes = (detections: readonly Detection[]): number => new Set(detections.map(({ classId }) => classId)).size;
  return [...results]
    .sort(
      (a, b) =>
        classes(b.detections) - classes(a.detections) ||
        b.detections.length - a.detections.length ||
        (a.path < b.path ? -1 : 1),
    )
    .slice(0, GOLDEN_PICTURES)
    .map(({ path, view }) => ({ path, view }));
}

/**
 * Asks a model about golden pictures and writes pictures and answers into its folder.
 *
 * @param pipeline opened with kernels `exact` and without a self-test
 * @param arithmetic how it calculates, for whoever reads the answers
 * @returns what belongs into the manifest
 */
export async function writeGoldenAnswers(
  pipeline: Pipeline,
  folder: string,
  golden: readonly GoldenPicture[],
  arithmetic: string,
): Promise<NonNullable<ModelManifest['selfTest']>> {
  const { input, sha256, thresholds } = pipeline.manifest;
  const pictures: Uint8Array[] = [];
  for (const { path, view } of golden) pictures.push((await pipeline.prepare(await readFile(path), view)).pixels);
  const confidence = thresholds?.confidence ?? DEFAULT_CONFIDENCE;
  return writeSelfTest(
    folder,
    await recordSelfTest(pipeline, pictures, { modelSha256: sha256, arithmetic, input, confidence }),
  );
}
