import { expected } from './errors';
import type { Detection } from './detection';

function isDetection(value: unknown): value is Detection {
  if (typeof value !== 'object' || value === null) return false;
  const { label, classId, confidence, box } = value as Partial<Detection>;
  if (typeof label !== 'string' || !Number.isInteger(classId)) return false;
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) return false;
  if (typeof box !== 'object' || box === null) return false;
  const { x, y, width, height } = box;
  return [x, y, width, height].every(Number.isFinite) && width >= 0 && height >= 0;
}

/**
 * Reads a value as a list of detections; the list itself is returned, not a copy.
 *
 * @param name what the sentence calls it: `msg.payload`
 * @throws InspectionError BAD_ARGUMENT *Expected an array of detections … but received …*
 */
export function asDetections(value: unknown, name: string): Detection[] {
  const wanted = 'an array of detections { label, classId, confidence, box: { x, y, width, height } }';
  if (!Array.isArray(value)) throw expected(wanted, name, value);
  const wrong = value.findIndex((entry) => !isDetection(entry));
  if (wrong >= 0) throw expected(wanted, `${name}[${wrong}]`, value[wrong]);
  return value as Detection[];
}
