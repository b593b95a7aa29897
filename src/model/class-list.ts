import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadModel } from './load-model';
import { readManifest } from './manifest';
import { currentModelPath } from './slots/current';

/**
 * The class names of a model that need not run: a model folder's, a station folder's current one's, or a bare .onnx's.
 *
 * @returns an empty list when the model does not say them
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED
 */
export async function classNamesOf(given: string): Promise<string[]> {
  const path = await currentModelPath(given);
  const manifestFile = join(path, 'manifest.json');
  const hasManifest = await stat(manifestFile).then(
    () => true,
    () => false,
  );
  // the manifest alone will do for a list: whether it belongs to the model is found out when that is loaded
  const { classNames } = hasManifest ? await readManifest(manifestFile) : (await loadModel(given)).manifest;
  return classNames;
}
