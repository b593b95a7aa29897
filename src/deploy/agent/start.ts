import { existsSync, readFileSync, rmSync } from 'node:fs';
import { InspectionError } from '../../contract/errors';
import { nodeDisk, replaceFile } from '../../kit/disk';
import { AdminApi, NotAnswering } from './admin-api';
import type { Job, Look } from './protocol';
import { DeployState } from './state';

/** A Pi 5 with a full palette is there after half a minute. */
const LIMIT_MS = 180_000;
const LOOK_EVERY_MS = 500;

interface Before {
  /** The release that Node-RED was started with; null: none of ours. */
  started: string | null;
}

const fileOf = (job: Job): string => new DeployState(job).path('started');

function startedWith(job: Job): string | undefined {
  return existsSync(fileOf(job)) ? readFileSync(fileOf(job), 'utf8').trim() : undefined;
}

/** What is wrong with the package in the Node-RED that runs; undefined: nothing. */
async function problemOf(job: Job): Promise<string | undefined> {
  const sets = (await new AdminApi(job.editor).nodeSets()).filter(({ module }) => module === job.packageName);
  if (sets.length === 0) return 'it has not loaded the package';
  const bad = sets.find(({ err, enabled }) => err || !enabled);
  return bad && `${bad.types.join(', ')}: ${bad.err ?? 'disabled in the palette'}`;
}

export const startOperations = {
  /** Whether the Node-RED that runs was started with this release. */
  async look(job: Job): Promise<Look> {
    const says = 'will be restarted';
    if (startedWith(job) !== job.release) return { isDone: false, says };
    try {
      const problem = await problemOf(job);
      return problem === undefined ? { isDone: true, says: 'runs with this release' } : { isDone: false, says };
    } catch (error) {
      if (error instanceof NotAnswering) return { isDone: false, says: 'does not answer, will be started' };
      throw error;
    }
  },

  /** Waits until Node-RED has loaded the package. @throws InspectionError after LIMIT_MS, or what is wrong with it */
  async wait(job: Job): Promise<string> {
    const until = Date.now() + LIMIT_MS;
    for (;;) {
      try {
        const problem = await problemOf(job);
        if (problem === undefined) break;
        throw new InspectionError('CHECK_FAILED', `Node-RED was started, but ${problem}`);
      } catch (error) {
        if (!(error instanceof NotAnswering) || Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    }
    return `Node-RED has loaded ${job.packageName}`;
  },

  /** Before it is restarted: what it was started with is kept. */
  async begin(job: Job): Promise<void> {
    await new DeployState(job).keepBefore('start', (): Before => ({ started: startedWith(job) ?? null }));
  },

  async undo(job: Job): Promise<string | undefined> {
    const state = new DeployState(job);
    const before = state.before<Before>('start');
    if (before === undefined) return undefined;
    if (before.started === null) rmSync(fileOf(job), { force: true });
    else await replaceFile(nodeDisk, fileOf(job), Buffer.from(`${before.started}\n`));
    state.forget('start');
    return 'Node-RED is to start with what was there';
  },

  async did(job: Job): Promise<void> {
    await replaceFile(nodeDisk, fileOf(job), Buffer.from(`${job.release}\n`));
  },
};
