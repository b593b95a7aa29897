import { existsSync, rmSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { InspectionError, messageOf } from '../../contract/errors';
import { flowOperations } from './flow';
import { modelOperations, stationFolder, tryModel } from './model';
import { formerRelease, packageOperations, removeOldReleases } from './package';
import { ANSWER_MARK, type Answer, type Job, type Operation } from './protocol';
import { resolveModelPath } from '../../model/resolve';
import { currentModelPath } from '../../model/slots/current';
import { startOperations } from './start';
import { DeployState } from './state';

/** One row per operation: what the target does when it is told to. */
const OPERATIONS: Readonly<Record<Operation, (job: Job) => unknown>> = {
  'package.look': (job) => packageOperations.look(job),
  'package.do': (job) => packageOperations.do(job),
  'package.undo': (job) => packageOperations.undo(job),
  'model.look': (job) => modelOperations.look(job),
  'model.do': (job) => modelOperations.do(job),
  'model.undo': (job) => modelOperations.undo(job),
  'flow.look': (job) => flowOperations.look(job),
  'flow.do': (job) => flowOperations.do(job),
  'flow.undo': (job) => flowOperations.undo(job),
  'start.look': (job) => startOperations.look(job),
  'start.begin': (job) => startOperations.begin(job),
  'start.undo': (job) => startOperations.undo(job),
  'start.wait': (job) => startOperations.wait(job),
  'start.did': (job) => startOperations.did(job),
  verify: async (job) => {
    const folder = stationFolder(job);
    return tryModel(existsSync(folder) ? await currentModelPath(folder) : resolveModelPath('pcb-defects', []));
  },
  commit: (job) => {
    const former = formerRelease(job);
    const state = new DeployState(job);
    state.commit();
    rmSync(state.path('incoming'), { recursive: true, force: true });
    if (former !== undefined) removeOldReleases(job, [job.release, former]);
  },
};

async function answerTo(request: string): Promise<Answer> {
  try {
    const { op, job } = JSON.parse(request) as { op: Operation; job: Job };
    // what is undone is what was begun, which may have been another deploy
    const begun = op.endsWith('.undo') ? new DeployState(job).begunJob() : {};
    return { result: (await OPERATIONS[op]({ ...job, ...begun })) ?? null };
  } catch (error) {
    const code = error instanceof InspectionError ? error.code : 'IO_FAILED';
    return { error: { code, message: messageOf(error) } };
  }
}

async function main(): Promise<void> {
  const answer = await answerTo(await text(process.stdin));
  process.stdout.write(`\n${ANSWER_MARK}${JSON.stringify(answer)}\n`);
}

if (require.main === module) void main();
