import { expected } from '../../contract/errors';

/**
 * Reads `sensor` as a user gives it.
 *
 * @throws InspectionError BAD_ARGUMENT with one sentence
 */
export function sensorOf(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'auto';
  if (value === 'auto' || value === 'vcgencmd') return value;
  if (typeof value === 'string' && value.startsWith('/') && !value.includes('\0')) return value;
  throw expected('auto, vcgencmd or the absolute path of a temperature file', 'sensor', value);
}
