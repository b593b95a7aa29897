import type { Step } from '../step';

/** After the start: flows with nodes that Node-RED does not know would keep every flow from running. */
export const flow: Step = {
  name: 'flow',
  look: (work) => work.ask('flow.look'),
  do: (work) => work.ask<string>('flow.do'),
  undo: (work) => work.ask<string | undefined>('flow.undo'),
};
