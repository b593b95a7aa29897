import { InspectionError } from '../../contract/errors';
import { node } from '../../doctor/checks/node';
import { nodeRed } from '../../doctor/checks/node-red';
import { lastLine } from '../connection';
import { INSTALL_NODE_RED } from '../scripts';
import { nothingToUndo, type Step } from '../step';
import { checkTarget, obstacles } from './check';

/** The installer builds nothing, but updates the whole of Node-RED. */
const LIMIT_MS = 1_800_000;
const CONTEXT = { neededBytes: 0 };

/**
 * Node.js and Node-RED by the project's own installer, where `--install-node-red` asks for it. What an installer of the
 * system did is not undone: a newer Node-RED is no fault, and nobody could say which packages others need by now.
 */
export const nodeRedStep: Step = {
  name: 'node-red',
  look: async ({ answers }) => {
    const [a, b] = [node(answers, CONTEXT), nodeRed(answers, CONTEXT)];
    const isDone = a.state === 'ok' && b.state === 'ok';
    return {
      isDone,
      says: isDone ? `Node.js ${a.found}, Node-RED ${b.found}` : 'will be installed by the official installer',
    };
  },
  do: async (work) => {
    const { status, stderr } = await work.options.connection.run(INSTALL_NODE_RED, [work.userDir], '', LIMIT_MS);
    if (status !== 0)
      throw new InspectionError(
        'IO_FAILED',
        `The installer of Node-RED failed: ${lastLine(stderr) || `status ${status}`}`,
      );
    const wrong = obstacles(await checkTarget(work), false);
    if (wrong.length > 0) throw new InspectionError('CHECK_FAILED', `After the installation: ${wrong.join('; ')}`);
    return `Node.js ${node(work.answers, CONTEXT).found}, Node-RED ${nodeRed(work.answers, CONTEXT).found} installed`;
  },
  undo: nothingToUndo,
};
