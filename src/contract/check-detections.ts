import { expected } from './errors';
import type { Detection } from './detection';

/** Alert rules go by the label, so that a detector of another make may leave out class ids; NMS goes by the ids. */
export type ClassIds = 'required' | 'optional';

function isDetection(value: unknown, classIds: ClassIds): value is Detection {
  if (typeof value !== 'object' || value === null) return false;
  const { label, classId, confidence, box } = value as Partial<Detection>;
  if (typeof label !== 'string') return false;
  if (!Number.isInteger(classId) && !(classIds === 'optional' && classId === undefined)) return false;
  if (typeof confidence !== 'number' || !(confidence >= 0 && confidence <= 1)) return false;
  if (typeof box !== 'object' || box === null) return false;
  const { x, y, width, height } = box;
  return [x, y, width, height].every(Number.isFinite) && width >= 0 && height >= 0;
}

/**
 * Reads a value as a list of detections; the list itself is returned, not a copy.
 *
 * @param name what the sentence calls it: `msg.payload`
 * @param classIds whether a detection may lack its class id
 * @throws InspectionError BAD_ARGUMENT *Expected an array of detections … but received …*
 */
export function asDetections(value: unknown, name: string, classIds: ClassIds = 'required'): Detection[] {
  const wanted = 'an array of detections { label, classId, confidence, box: { x, y, width, height } }';
  if (!Array.isArray(value)) throw expected(wanted, name, value);
  const wrong = value.findIndex((entry) => !isDetection(entry, classIds));
  if (wrong >= 0) throw expected(wanted, `${name}[${wrong}]`, value[wrong]);
  return value as Detection[];
}
