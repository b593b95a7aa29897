import { InspectionError } from '../../contract/errors';
import { ConnectionLost, lastLine } from '../connection';
import { SERVICE } from '../scripts';
import type { Step } from '../step';
import type { Work } from '../work';

/** @param verb what the service is told @throws InspectionError with what systemctl said */
export async function tellService(work: Work, verb: 'restart' | 'stop'): Promise<void> {
  const { connection, restartWith } = work.options;
  work.wasRestarted = true;
  const { status, stderr } = await connection.run(SERVICE, [work.userDir, verb, restartWith]);
  if (status >= 128) throw new ConnectionLost(`${connection.name} ended while Node-RED was restarted`);
  if (status !== 0)
    throw new InspectionError(
      'IO_FAILED',
      `Node-RED could not be restarted: ${lastLine(stderr) || `status ${status}`}`,
    );
}

/** Node-RED loads new nodes only when it starts. Undone at the end of a rollback, when the former package is there. */
export const start: Step = {
  name: 'start',
  look: (work) => work.ask('start.look'),
  do: async (work) => {
    await work.ask('start.begin');
    await tellService(work, 'restart');
    const says = await work.ask<string>('start.wait');
    await work.ask('start.did');
    return says;
  },
  undo: (work) => work.ask<string | undefined>('start.undo'),
};
