import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { expected } from '../contract/errors';

/** The models that come with the package, seen from dist/src/model. */
const SHIPPED_MODELS = join(__dirname, '..', '..', '..', 'models');

/** A shipped model's name, or its float32 source's; no other separators, so that the name cannot leave the folder. */
const SHIPPED_NAME = /^([a-z0-9][a-z0-9_-]*)(\/fp32)?$/i;

/**
 * Turns what a user typed for `model` into a path: an absolute path as it is; else a path in one of the folders given
 * (the user folder, the working directory) where it exists; else the name of a model that comes with the package,
 * such as `pcb-defects`, or of what it was quantized from: `pcb-defects/fp32`.
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
  const [, name, isFloat] = SHIPPED_NAME.exec(path) ?? [];
  if (name !== undefined) {
    const shipped = isFloat ? join(SHIPPED_MODELS, name, 'fp32', 'model.onnx') : join(SHIPPED_MODELS, name);
    if (existsSync(shipped)) return shipped;
  }
  throw expected(`${wanted} that exists`, 'model', path, 'MODEL_NOT_FOUND');
}
