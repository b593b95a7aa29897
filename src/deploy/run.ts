import { InspectionError, messageOf } from '../contract/errors';
import { makeBundle } from './bundle';
import { ConnectionLost } from './connection';
import type { DeployListener, DeployOptions, DeployReport, StepReport } from './options';
import { rollBack, unfinishedOn } from './roll-back';
import { archOf } from './steps/check';
import { STEPS } from './steps/table';
import type { Step } from './step';
import { Work } from './work';

/** Steps that can be looked at before the package is on the target. */
const NEED_NO_PACKAGE = new Set(['check', 'node-red', 'package']);

/**
 * Brings a target to what is wanted, step by step: looks, does what is missing, verifies. After a failure everything is put
 * back as it was; where the connection is gone, the same command later goes on where this one stopped, and another one puts
 * back first. A second run finds everything done and changes nothing.
 *
 * @returns what was done; never rejects for what happens on the target
 */
export async function deploy(options: DeployOptions, listener: DeployListener = {}): Promise<DeployReport> {
  const startMs = performance.now();
  const work = new Work(options, listener);
  const steps: StepReport[] = STEPS.map(({ name }) => ({ step: name, outcome: 'not reached', says: '' }));
  const report = (more: Partial<DeployReport>): DeployReport => ({
    target: options.connection.name,
    station: options.station,
    ok: false,
    changed: work.hasChanged,
    checks: work.findings,
    steps,
    seconds: (performance.now() - startMs) / 1000,
    ...more,
  });
  let index = 0;
  try {
    for (; index < STEPS.length; index++) {
      const step = STEPS[index]!;
      listener.onStep?.(step.name, index, STEPS.length);
      steps[index] = await take(work, step);
      listener.onLine?.(`${step.name}: ${steps[index]!.says}`);
      if (options.mode === 'check') return report({ ok: true });
      if (step.name === 'node-red') await prepare(work);
      // the rest can only be looked at by the package itself
      if (steps[index]!.outcome === 'planned' && step.name === 'package') break;
    }
    if (options.mode !== 'deploy') return report({ ok: true });
    if (work.hasChanged) await work.ask('commit');
    return report({ ok: true });
  } catch (error) {
    const name = STEPS[index]?.name ?? 'end';
    if (steps[index]) steps[index] = { step: name, outcome: 'failed', says: messageOf(error) };
    const problem = `${name}: ${messageOf(error)}`;
    if (!work.hasChanged) return report({ problem, afterFailure: 'nothing done' });
    return report({ problem, afterFailure: await recover(work, error, steps) });
  }
}

/** Looks at a step, and does it unless it is done. */
async function take(work: Work, step: Step): Promise<StepReport> {
  const { mode } = work.options;
  const { isDone, says } = await step.look(work);
  if (isDone) return { step: step.name, outcome: 'already', says };
  if (mode !== 'deploy') return { step: step.name, outcome: 'planned', says };
  if (!NEED_NO_PACKAGE.has(step.name) || step.name === 'package') work.hasChanged = true;
  return { step: step.name, outcome: 'done', says: await step.do(work) };
}

/** Makes the bundle, and sees to a deploy that was begun before and not ended. */
async function prepare(work: Work): Promise<void> {
  const { packageFile, cacheFolder, mode } = work.options;
  const { listener } = work;
  work.bundle = await makeBundle(archOf(work), packageFile, cacheFolder);
  const { unfinished, isNewFolder } = await unfinishedOn(work);
  work.isNewFolder = isNewFolder;
  if (unfinished === undefined || mode !== 'deploy') return;
  // whatever happens now, what was begun then belongs to it
  work.hasChanged = true;
  if (unfinished.plan === work.job.plan) {
    listener.onLine?.('a deploy of the same that was cut off is taken up');
    return;
  }
  listener.onLine?.('a deploy that was cut off is put back first');
  for (const line of await rollBack(work, { ...work.job, release: unfinished.release })) listener.onLine?.(`  ${line}`);
}

async function recover(work: Work, error: unknown, steps: StepReport[]): Promise<'rolled back' | 'resumable'> {
  if (error instanceof ConnectionLost) return 'resumable';
  try {
    for (const line of await rollBack(work, work.job)) work.listener.onLine?.(`put back: ${line}`);
    for (const step of steps) if (step.outcome === 'done' && step.step !== 'node-red') step.outcome = 'undone';
    return 'rolled back';
  } catch (because) {
    work.listener.onLine?.(`it could not be put back now: ${messageOf(because)}`);
    return 'resumable';
  }
}

/** @throws InspectionError CHECK_FAILED with what happened and what it means */
export function sentenceOf({ problem, afterFailure, target }: DeployReport): InspectionError {
  const then = {
    'nothing done': 'nothing was changed',
    'rolled back': 'everything is back as it was',
    resumable: `${target} goes on working as it does; run the same command again and it goes on where it stopped`,
  }[afterFailure ?? 'nothing done'];
  return new InspectionError('CHECK_FAILED', `${problem}; ${then}`);
}
