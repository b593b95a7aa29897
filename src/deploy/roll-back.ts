import { messageOf } from '../contract/errors';
import type { Job } from './agent/protocol';
import { ConnectionLost } from './connection';
import { CLEAN_UP, LOOK, REMOVE_EMPTY } from './scripts';
import { tellService } from './steps/start';
import type { Work } from './work';

export interface Unfinished {
  plan: string;
  release: string;
}

/** A deploy that was begun on the target and not ended, and whether the user folder is there. */
export async function unfinishedOn(work: Work): Promise<{ unfinished?: Unfinished; isNewFolder: boolean }> {
  const { stdout } = await work.options.connection.run(LOOK, [work.userDir, work.bundle.release]);
  const [, plan, release] = /^unfinished ([0-9a-f]+) ([0-9a-f]+)$/m.exec(stdout) ?? [];
  return {
    ...(plan !== undefined && { unfinished: { plan, release: release! } }),
    isNewFolder: /^new folder$/m.test(stdout),
  };
}

/**
 * Puts everything back as it was before the deploy began, and starts Node-RED with it where it had been restarted.
 *
 * @param job the deploy that is undone; its release's own part does it
 * @throws ConnectionLost; InspectionError: the deploy stays begun, and is undone or taken up by the next
 */
export async function rollBack(work: Work, job: Job): Promise<string[]> {
  const { connection } = work.options;
  const lines: string[] = [];
  const { unfinished } = await unfinishedOn(work);
  if (unfinished !== undefined) {
    const other = { ...job, release: unfinished.release };
    for (const step of ['flow', 'start', 'model', 'package'] as const) {
      const undo = () => work.ask<string | null>(`${step}.undo`, other);
      const says = await undo().catch(async (error: unknown) => {
        // flows can only be put back by a Node-RED that runs
        if (error instanceof ConnectionLost || step !== 'flow') throw error;
        await tellService(work, 'restart');
        await work.ask('start.wait', other);
        return undo();
      });
      if (says !== null && step !== 'start') lines.push(`${step}: ${says}`);
    }
  }
  await connection.run(CLEAN_UP, [work.userDir, job.release, job.packageName]);
  if (unfinished !== undefined && unfinished.release !== job.release) {
    await connection.run(CLEAN_UP, [work.userDir, unfinished.release, job.packageName]);
  }
  if (work.isNewFolder) await connection.run(REMOVE_EMPTY, [work.userDir]);
  if (work.wasRestarted) {
    const verb = work.answers.service === undefined || work.answers.service === 'active' ? 'restart' : 'stop';
    await tellService(work, verb).then(
      () => lines.push(`start: Node-RED ${verb === 'stop' ? 'stopped' : 'restarted'} with what was there`),
      (error: unknown) => lines.push(`start: ${messageOf(error)}`),
    );
  }
  return lines;
}
