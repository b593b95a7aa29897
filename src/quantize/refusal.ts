import { rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RefusalReport } from '../contract/certificate';
import type { ModelManifest } from '../contract/manifest';
import { ioError } from './publish';

export function refusalPaths(out: string): RefusalReport {
  const target = resolve(out);
  return { html: `${target}.refused.html`, json: `${target}.refused.json` };
}

/**
 * Leaves the report of a model that was refused: the certificate as a page and, with the recipe, as JSON. The model itself
 * is not written.
 *
 * @throws InspectionError IO_FAILED
 */
export async function leaveRefusal(out: string, manifest: ModelManifest, page: string): Promise<RefusalReport> {
  const paths = refusalPaths(out);
  const { name, version, createdAt, recipe, certificate } = manifest;
  try {
    await writeFile(paths.html, page);
    await writeFile(paths.json, `${JSON.stringify({ name, version, createdAt, recipe, certificate }, null, 2)}\n`);
    return paths;
  } catch (error) {
    throw ioError(out, error);
  }
}

/** The report of an earlier try is out of date once a model is published. */
export async function removeRefusal(out: string): Promise<void> {
  const { html, json } = refusalPaths(out);
  for (const path of [html, json]) await rm(path, { force: true });
}
