import type { Look } from './agent/protocol';
import type { Work } from './work';

/** One step: one file in steps/, one row in steps/table.ts. */
export interface Step {
  name: string;
  /** What is there. Changes nothing. */
  look(work: Work): Promise<Look>;
  /** Makes it so; may be called again after it was cut off. @returns what was done, for people */
  do(work: Work): Promise<string>;
  /**
   * Puts back what was there before this deploy began, done or half done, in this run or in one that was cut off.
   *
   * @returns what was put back; undefined: nothing
   */
  undo(work: Work): Promise<string | undefined>;
}

/** Of a step that changes nothing. */
export const nothingToUndo = async (): Promise<undefined> => undefined;
