import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InspectionError } from '../../contract/errors';
import { nodeDisk, replaceFile } from '../../kit/disk';
import { AdminApi, type Flows } from './admin-api';
import { adapted, fingerprint, merged, owned, type FlowNode } from './flow-merge';
import { stationFolder } from './model';
import type { Job, Look } from './protocol';
import { DeployState } from './state';

/** What was deployed last, so that a change made in the editor is seen. */
interface Deployed {
  ids: string[];
  fingerprint: string;
}

interface Before {
  flows: FlowNode[];
  /** Text of the file about what was deployed before; null: there was none. */
  deployed: string | null;
  ids: string[];
}

function wantedOf(job: Job): FlowNode[] {
  const folder = stationFolder(job);
  return adapted(job.flow!.nodes, job.station, existsSync(folder) ? folder : undefined);
}

const fileOf = (job: Job): string => new DeployState(job).path('flows', `${job.station}.json`);

function deployedBefore(job: Job): Deployed | undefined {
  return existsSync(fileOf(job)) ? (JSON.parse(readFileSync(fileOf(job), 'utf8')) as Deployed) : undefined;
}

function situation(job: Job, { flows }: Flows) {
  const wanted = wantedOf(job);
  const last = deployedBefore(job);
  const ids = new Set([...wanted.map(({ id }) => id), ...(last?.ids ?? [])]);
  const mine = owned(flows, ids);
  const isSame = fingerprint(mine) === fingerprint(wanted);
  // what is not as it was deployed was changed by a person
  const isEdited = mine.length > 0 && !isSame && fingerprint(mine) !== last?.fingerprint;
  return { wanted, ids, mine, isSame, isEdited };
}

/** Types that nobody has installed: with one of them Node-RED would start no flow at all. */
async function missingTypes(api: AdminApi, wanted: readonly FlowNode[]): Promise<string[]> {
  const own = new Set(wanted.map(({ type }) => type));
  const known = new Set(
    (await api.nodeSets()).filter(({ enabled, err }) => enabled && !err).flatMap(({ types }) => types),
  );
  // what is part of the editor and has no code of its own
  for (const type of ['tab', 'group', 'subflow', 'junction']) known.add(type);
  return [...own].filter((type) => !known.has(type) && !type.startsWith('subflow:'));
}

export const flowOperations = {
  async look(job: Job): Promise<Look> {
    if (job.flow === undefined) return { isDone: true, says: 'no flow asked for' };
    const { isSame, isEdited, wanted } = situation(job, await new AdminApi(job.editor).flows());
    if (isSame) return { isDone: true, says: `is there as deployed, ${wanted.length} nodes` };
    return { isDone: false, says: isEdited ? 'was changed in the editor' : `${wanted.length} nodes will be imported` };
  },

  async do(job: Job): Promise<string> {
    const api = new AdminApi(job.editor);
    const current = await api.flows();
    const { wanted, ids, mine, isEdited } = situation(job, current);
    if (isEdited && !job.flow!.overwrite) {
      throw new InspectionError(
        'CHECK_FAILED',
        `The flow of ${job.station} was changed in the editor since it was deployed: --overwrite-flow gives those changes up`,
      );
    }
    const missing = await missingTypes(api, wanted);
    if (missing.length > 0) {
      throw new InspectionError(
        'CHECK_FAILED',
        `Node-RED has no nodes of type ${missing.join(', ')}: install their packages in its palette first`,
      );
    }
    const state = new DeployState(job);
    await state.keepBefore('flow', (): Before => ({
      flows: current.flows,
      deployed: textAt(fileOf(job)),
      ids: [...ids],
    }));
    await api.replace({ rev: current.rev, flows: merged(current.flows, wanted, ids) });
    const now = situation(job, await api.flows());
    if (!now.isSame) throw new InspectionError('IO_FAILED', 'Node-RED did not take the flow as it was sent');
    mkdirSync(state.path('flows'), { recursive: true });
    const record: Deployed = { ids: wanted.map(({ id }) => id), fingerprint: fingerprint(now.mine) };
    await replaceFile(nodeDisk, fileOf(job), Buffer.from(JSON.stringify(record)));
    return `${wanted.length} nodes ${mine.length > 0 ? 'replaced' : 'imported'}; ${current.flows.length - mine.length} others untouched`;
  },

  async undo(job: Job): Promise<string | undefined> {
    const state = new DeployState(job);
    const before = state.before<Before>('flow');
    if (before === undefined) return undefined;
    const api = new AdminApi(job.editor);
    const current = await api.flows();
    const ids = new Set(before.ids);
    const restored = merged(current.flows, owned(before.flows, ids), ids);
    // in the very order it had, where nobody changed anything else meanwhile
    const flows = fingerprint(restored) === fingerprint(before.flows) ? before.flows : restored;
    if (JSON.stringify(flows) !== JSON.stringify(current.flows)) await api.replace({ rev: current.rev, flows });
    forgetNodes(
      job,
      before.ids.filter((id) => !before.flows.some((node) => node.id === id)),
    );
    if (before.deployed === null) rmSync(fileOf(job), { force: true });
    else await replaceFile(nodeDisk, fileOf(job), Buffer.from(before.deployed));
    state.forget('flow');
    return 'the flows are as they were';
  },
};

/** Folder of what nodes keep in the user folder: `inspection/<kind>/<id>`. */
const KEPT_BY_NODES = 'inspection';

/**
 * Removes what nodes kept that were there for a moment only. A node may be writing its last at this moment: what cannot be
 * removed is no reason to leave the flows as they are.
 */
function forgetNodes({ userDir }: Job, ids: readonly string[]): void {
  const root = join(userDir, KEPT_BY_NODES);
  const removed = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };
  try {
    for (const kind of readdirSync(root, { withFileTypes: true })) {
      if (!kind.isDirectory()) continue;
      for (const id of ids) rmSync(join(root, kind.name, id), removed);
      if (readdirSync(join(root, kind.name)).length === 0) rmdirSync(join(root, kind.name));
    }
    if (readdirSync(root).length === 0) rmdirSync(root);
  } catch {
    // nothing was kept, or it is being written
  }
}

function textAt(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
