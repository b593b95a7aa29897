import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { expected } from '../contract/errors';

/** The models that come with the package, seen from dist/src/model. */
const SHIPPED_MODELS = join(__dirname, '..', '..', '..', 'models');

/** A folder name of a shipped model: no separators, so that the name cannot leave the folder. */
const SHIPPED_NAME = /^[a-z0-9][a-z0-9_-]*$/i;

/**
 * Turns what a user typed for `model` into a path: an absolute path as it is; else a path in one of the folders given
 * (the user folder, the working directory) where it exists; else the name of a model that comes with the package,
 * such as `pcb-defects`.
 *
 * @throws InspectionError MODEL_NOT_FOUND, BAD_ARGUMENT
 */
export function resolveModelPath(model: unknown, folders: readonly string[]): string {
  const wanted = 'the path of an .onnx file or a model folder, or the name of a shipped model,';
  if (typeof model !== 'string' || model.trim() === '') throw expected(wanted, 'model', model);
  const path = model.trim();
  if (path.includes('\0')) throw expected(wanted, 'model', path);
  if (isAbsolute(path)) return path;
  for (const folder of folders) {
    const candidate = resolve(folder, path);
    if (existsSync(candidate)) return candidate;
  }
  if (SHIPPED_NAME.test(path)) {
    const shipped = join(SHIPPED_MODELS, path);
    if (existsSync(shipped)) return shipped;
  }
  throw expected(`${wanted} that exists`, 'model', path, 'MODEL_NOT_FOUND');
}
