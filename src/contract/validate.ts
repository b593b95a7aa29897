import { expected } from './errors';

/** True for a finite number, or a string that is nothing but one (dialogs store numbers as strings). */
function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && value.trim() !== '') return Number(value);
  return NaN;
}

/**
 * Reads a number within bounds; strings such as `"0.25"` from editor dialogs count as numbers.
 *
 * @throws InspectionError BAD_ARGUMENT *Expected a number between MIN and MAX for NAME but received Z*
 */
export function numberBetween(value: unknown, name: string, min: number, max: number): number {
  const number = toNumber(value);
  if (Number.isFinite(number) && number >= min && number <= max) return number;
  throw expected(`a number between ${min} and ${max}`, name, value);
}

/** As numberBetween, for whole numbers. */
export function integerBetween(value: unknown, name: string, min: number, max: number): number {
  const number = toNumber(value);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw expected(`a whole number between ${min} and ${max}`, name, value);
}

/** Reads one of a list of words. */
export function oneOf<T extends string>(value: unknown, name: string, words: readonly T[]): T {
  if (typeof value === 'string' && (words as readonly string[]).includes(value)) return value as T;
  throw expected(`one of ${words.join(', ')}`, name, value);
}

/** Reads a non-empty string. */
export function nonEmptyString(value: unknown, name: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw expected('a non-empty string', name, value);
}

/** @throws InspectionError BAD_ARGUMENT unless the value is true or false */
export function booleanValue(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw expected('true or false', name, value);
}
