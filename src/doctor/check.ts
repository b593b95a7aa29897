import type { Answers } from './questions';
import type { Seen } from './finding';

/** What the checks are to go by. */
export interface CheckContext {
  /** A clock that is believed, ms since 1970: of the PC that deploys; undefined on the station itself. */
  referenceMs?: number;
  /** Space that is needed where the user folder is, bytes. */
  neededBytes: number;
}

/** A check that only reads what a machine answered: one file each in checks/, one row each in table.ts. */
export type StandingCheck = (answers: Answers, context: CheckContext) => Seen;

/** A version as three numbers, out of whatever stands around it. */
export function versionIn(text: string | undefined): [number, number, number] | undefined {
  const found = /v?(\d+)\.(\d+)\.(\d+)/.exec(text ?? '');
  return found ? [Number(found[1]), Number(found[2]), Number(found[3])] : undefined;
}

export function isAtLeast(version: readonly number[], wanted: readonly number[]): boolean {
  for (const [index, part] of wanted.entries()) if (version[index] !== part) return (version[index] ?? 0) > part;
  return true;
}
