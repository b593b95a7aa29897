import { expected } from '../../errors';
import type { ModelManifest } from '../manifest-types';

type Check = [name: string, wanted: string, holds: (manifest: Partial<ModelManifest>) => boolean];

const isSize = (value: unknown) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 8192;
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** What the slots rely on; the loader of the model checks the rest against the schema. */
const CHECKS: Check[] = [
  ['manifestVersion', '1', ({ manifestVersion }) => manifestVersion === 1],
  ['name', 'a non-empty string', ({ name }) => isText(name)],
  ['version', 'a non-empty string', ({ version }) => isText(version)],
  ['sha256', '64 lower-case hex digits', ({ sha256 }) => isText(sha256) && /^[0-9a-f]{64}$/.test(sha256)],
  ['input', 'a width and height in pixels', ({ input }) => isSize(input?.width) && isSize(input?.height)],
  [
    'classNames',
    'a list of class names',
    ({ classNames }) => Array.isArray(classNames) && classNames.length > 0 && classNames.every(isText),
  ],
];

/**
 * Reads the text of a manifest.
 *
 * @throws InspectionError MODEL_INVALID naming the field
 */
export function parseManifest(text: string, path: string): ModelManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw expected('JSON', path, text, 'MODEL_INVALID');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw expected('a JSON object', path, parsed, 'MODEL_INVALID');
  }
  const manifest = parsed as Partial<ModelManifest>;
  for (const [name, wanted, holds] of CHECKS) {
    if (!holds(manifest)) {
      throw expected(wanted, `${name} in ${path}`, manifest[name as keyof ModelManifest], 'MODEL_INVALID');
    }
  }
  return manifest as ModelManifest;
}
