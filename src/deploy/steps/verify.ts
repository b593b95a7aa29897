import { nothingToUndo, type Step } from '../step';

/** The model in use answers its golden pictures on the target: pictures are decoded, inferred and judged as on the line. */
export const verify: Step = {
  name: 'verify',
  look: async (work) => ({ isDone: true, says: await work.ask<string>('verify') }),
  do: async () => '',
  undo: nothingToUndo,
};
