import { isAbsolute, resolve } from 'node:path';
import { expected } from '../../contract/errors';
import { integerBetween, numberBetween } from '../../contract/validate';
import { SHADOW_DEFAULTS, type ShadowSettings } from './controller-options';
import { HEALTH_DEFAULTS } from './health';

/** Properties as a dialog or an imported flow gives them: numbers may be strings, empty means the default. */
export interface RawShadowConfig {
  sample?: unknown;
  threshold?: unknown;
  confidence?: unknown;
  automatic?: unknown;
  canaryShare?: unknown;
  canaryParts?: unknown;
  windowMinutes?: unknown;
  reportFrames?: unknown;
  evidence?: unknown;
  evidenceItems?: unknown;
  evidenceMegabytes?: unknown;
}

const MB = 1_000_000;

const isBlank = (value: unknown) => value === undefined || value === null || value === '';

/** Reads a number where one is given, else the default. */
function given<T>(value: unknown, read: (value: unknown) => number, otherwise: T): number | T {
  return isBlank(value) ? otherwise : read(value);
}

function readAutomatic(value: unknown): boolean {
  if (isBlank(value)) return SHADOW_DEFAULTS.automatic;
  if (typeof value === 'boolean') return value;
  throw expected('true or false', 'automatic', value);
}

/**
 * Reads the properties of a shadow.
 *
 * @param folder what a relative evidence folder starts from
 * @throws InspectionError BAD_ARGUMENT
 */
export function readShadowConfig(raw: RawShadowConfig, folder: string): ShadowSettings {
  const share = (name: string) => (value: unknown) => numberBetween(value, name, 0, 1);
  const whole = (name: string, max: number) => (value: unknown) => integerBetween(value, name, 1, max);
  const minutes = (value: unknown) => numberBetween(value, 'windowMinutes', 0.01, 10_080);
  const megabytes = (value: unknown) => numberBetween(value, 'evidenceMegabytes', 1, 1e6);
  const { evidence } = raw;
  if (!isBlank(evidence) && (typeof evidence !== 'string' || evidence.includes('\0'))) {
    throw expected('the path of a folder', 'evidence', evidence);
  }
  const path = isBlank(evidence) ? 'disputed' : evidence;
  const windowMs = given(raw.windowMinutes, minutes, HEALTH_DEFAULTS.windowMs / 60_000) * 60_000;
  return {
    ...SHADOW_DEFAULTS,
    sample: given(raw.sample, share('sample'), SHADOW_DEFAULTS.sample),
    threshold: given(raw.threshold, share('threshold'), SHADOW_DEFAULTS.threshold),
    confidence: given(raw.confidence, share('confidence'), undefined),
    automatic: readAutomatic(raw.automatic),
    canaryShare: given(raw.canaryShare, share('canaryShare'), SHADOW_DEFAULTS.canaryShare),
    canaryParts: given(raw.canaryParts, whole('canaryParts', 1e6), SHADOW_DEFAULTS.canaryParts),
    reportFrames: given(raw.reportFrames, whole('reportFrames', 1e6), SHADOW_DEFAULTS.reportFrames),
    health: { ...HEALTH_DEFAULTS, windowMs },
    disputedFolder: isAbsolute(path) ? path : resolve(folder, path),
    disputedItems: given(raw.evidenceItems, whole('evidenceItems', 1e6), SHADOW_DEFAULTS.disputedItems),
    disputedBytes: given(raw.evidenceMegabytes, megabytes, SHADOW_DEFAULTS.disputedBytes / MB) * MB,
  };
}
