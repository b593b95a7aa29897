import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Detector } from '../../detector/detector';
import { nodeDisk, removeTree } from '../../kit/disk';
import { otherSlot } from '../../model/slots/layout';
import { SlotStore } from '../../model/slots/store';
import { verifyModelFolder } from '../../model/slots/verify';
import type { Job, Look } from './protocol';
import { DeployState } from './state';

interface Before {
  hadStation: boolean;
  madeFolder: boolean;
}

/** The station folder with its slots. */
export function stationFolder({ userDir, station }: Pick<Job, 'userDir' | 'station'>): string {
  return join(userDir, 'stations', station);
}

/** Starts a model in a process of its own, which asks its golden pictures. @throws InspectionError the refusal */
export async function tryModel(model: string): Promise<string> {
  const detector = new Detector({ model, threads: 1 });
  try {
    const { name, version, selfTest } = await detector.start();
    return `${name} ${version} ${selfTest === 'none' ? 'starts; it has no golden pictures' : 'answers its golden pictures as certified'}`;
  } finally {
    await detector.stop();
  }
}

/** The slot that holds a model, if one does. */
async function slotOf(job: Job): Promise<{ slot: string; role: string } | undefined> {
  const folder = stationFolder(job);
  if (!existsSync(folder)) return undefined;
  const { slots } = await new SlotStore(folder).state();
  return Object.values(slots).find(({ manifest, problem }) => !problem && manifest?.sha256 === job.model?.sha256);
}

/** A first model is the one in use; a later one waits in the other slot, as a candidate. */
export const modelOperations = {
  async look(job: Job): Promise<Look> {
    if (job.model === undefined) return { isDone: true, says: 'no model asked for' };
    const there = await slotOf(job);
    const isDone = there !== undefined;
    return {
      isDone,
      says: isDone ? `in slot ${there.slot}, ${there.role}` : `will be installed into ${stationFolder(job)}`,
    };
  },

  async do(job: Job): Promise<string> {
    const state = new DeployState(job);
    const station = stationFolder(job);
    const source = state.path(job.model!.folder);
    await verifyModelFolder(nodeDisk, source);
    await state.keepBefore('model', (): Before => {
      const copy = state.path('deploy', 'before', 'station');
      rmSync(copy, { recursive: true, force: true });
      const hadStation = existsSync(station);
      if (hadStation) cpSync(station, copy, { recursive: true, preserveTimestamps: true });
      return { hadStation, madeFolder: !existsSync(dirname(station)) };
    });
    const tried = await tryModel(source);
    mkdirSync(dirname(station), { recursive: true });
    const store = new SlotStore(station);
    const isFirst = (await slotsInUse(store)) === undefined;
    const { pointer } = await (isFirst ? store.init(source) : store.install(source));
    const slot = isFirst ? pointer!.slot : otherSlot(pointer!.slot);
    return `${tried}; in slot ${slot}${isFirst ? ', in use' : ', as the candidate: edge-inspect slots promote, or a model-shadow node'}`;
  },

  async undo(job: Job): Promise<string | undefined> {
    const state = new DeployState(job);
    const before = state.before<Before>('model');
    if (before === undefined) return undefined;
    const station = stationFolder(job);
    const [copy, aside] = [state.path('deploy', 'before', 'station'), state.path('deploy', 'station.undone')];
    // a copy that is gone was moved back already, by an undo that was cut off
    if (!before.hadStation || existsSync(copy)) {
      await removeTree(nodeDisk, aside);
      if (existsSync(station)) renameSync(station, aside);
      if (before.hadStation) renameSync(copy, station);
      else if (before.madeFolder) rmSync(dirname(station), { recursive: true, force: true });
      await removeTree(nodeDisk, aside);
    }
    state.forget('model');
    return before.hadStation ? 'the slots are as they were' : 'the station folder is gone again';
  },
};

async function slotsInUse(store: SlotStore): Promise<string | undefined> {
  return existsSync(store.station) ? (await store.state()).pointer?.slot : undefined;
}
