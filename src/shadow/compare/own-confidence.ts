import { join } from 'node:path';
import { readManifest } from '../../model/manifest';
import { COMPARE_DEFAULTS } from './compare';

/** The threshold that a model folder brings along, 0 … 1; the default where it says none or is no folder. */
export async function ownConfidence(path: string): Promise<number> {
  const manifest = await readManifest(join(path, 'manifest.json')).catch(() => undefined);
  return manifest?.thresholds?.confidence ?? COMPARE_DEFAULTS.confidence;
}
