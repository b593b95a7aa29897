import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expected, InspectionError, messageOf } from '../contract/errors';
import type { ModelThresholds } from '../contract/manifest';
import { readManifest } from './manifest';

/**
 * Writes thresholds per class into the manifest of a model folder; what else it says stays.
 *
 * @param perClass by class name, 0 … 1
 * @returns all thresholds of the manifest
 * @throws InspectionError BAD_ARGUMENT for a bare .onnx, which has no manifest; MODEL_INVALID; IO_FAILED
 */
export async function setThresholds(model: string, perClass: Record<string, number>): Promise<ModelThresholds> {
  if (!(await stat(model)).isDirectory()) throw expected('a model folder, which has a manifest,', '--model', model);
  const path = join(model, 'manifest.json');
  const manifest = await readManifest(path);
  const thresholds = { ...manifest.thresholds, perClass };
  try {
    await writeFile(path, `${JSON.stringify({ ...manifest, thresholds }, null, 2)}\n`);
  } catch (error) {
    throw new InspectionError('IO_FAILED', `Cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
  return thresholds;
}
