import { InspectionError, messageOf } from '../contract/errors';
import { complaintOf, schemaCheck } from '../contract/schema';
import { readRegularFile } from '../kit/read-file';
import type { ModelManifest } from '../contract/manifest';

/** Checks a parsed manifest.json against schemas/model-manifest.schema.json. @throws InspectionError MODEL_INVALID */
export function checkManifest(document: unknown, path: string): ModelManifest {
  const check = schemaCheck('model-manifest');
  if (check(document)) return document as ModelManifest;
  throw new InspectionError('MODEL_INVALID', `Expected a valid model manifest in ${path} but ${complaintOf(check)}`);
}

/** A manifest is a few kB; anything far beyond is none. */
const MANIFEST_MAX_BYTES = 4 << 20;

/** Reads and checks a manifest.json. @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID */
export async function readManifest(path: string): Promise<ModelManifest> {
  let document: unknown;
  try {
    document = JSON.parse((await readRegularFile(path, 'manifest.json', { maxBytes: MANIFEST_MAX_BYTES })).toString());
  } catch (error) {
    if (error instanceof InspectionError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new InspectionError(
        'MODEL_NOT_FOUND',
        `Expected a manifest.json in the model folder but there is no ${path}`,
      );
    }
    throw new InspectionError('MODEL_INVALID', `Expected JSON in ${path} but ${messageOf(error)}`);
  }
  return checkManifest(document, path);
}
