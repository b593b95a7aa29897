import assert from 'node:assert/strict';
import { InspectionError } from '../../../src/contract/errors';
import { BY_POINTER } from '../../../src/model/slots/station';
import { SlotStore } from '../../../src/model/slots/store';
import { crashAt, Gone, watchedDisk, type BeforeCall, type DiskCall } from '../../helpers/faulty-disk';
import { MemoryDisk, POWER_CUTS, type PowerCut } from '../../helpers/memory-disk';
import { writeModel } from './models';

const STATION = '/station';

export interface Scenario {
  name: string;
  /** Brings the station to where the operation starts. */
  prepare: (store: SlotStore) => Promise<unknown>;
  run: (store: SlotStore) => Promise<unknown>;
  /** Names of the models that may run after a restart: the one before, the one after. */
  mayRun: string[];
}

export const SCENARIOS: Scenario[] = [
  {
    name: 'install',
    prepare: async () => undefined,
    run: (store) => store.install('/new'),
    mayRun: ['old'],
  },
  {
    name: 'install over a former model',
    prepare: async (store) => {
      await store.install('/new');
      await store.promote();
      await store.confirm();
    },
    run: (store) => store.install('/newer'),
    mayRun: ['new'],
  },
  {
    name: 'promote',
    prepare: (store) => store.install('/new'),
    run: (store) => store.promote(),
    mayRun: ['old', 'new'],
  },
  {
    name: 'confirm',
    prepare: async (store) => {
      await store.install('/new');
      await store.promote();
    },
    run: (store) => store.confirm(),
    mayRun: ['new'],
  },
  {
    name: 'revert',
    prepare: async (store) => {
      await store.install('/new');
      await store.promote();
    },
    run: (store) => store.revert(),
    mayRun: ['new', 'old'],
  },
  {
    name: 'reject',
    prepare: (store) => store.install('/new'),
    run: (store) => store.reject(),
    mayRun: ['old'],
  },
  {
    name: 'start on trial',
    prepare: async (store) => {
      await store.install('/new');
      await store.promote();
    },
    run: (store) => store.start(),
    mayRun: ['new'],
  },
];

const prepared = new Map<string, Promise<MemoryDisk>>();

/** A fresh copy of the disk on which a scenario starts. */
async function preparedDisk(scenario: Scenario): Promise<MemoryDisk> {
  const known = prepared.get(scenario.name) ?? prepare(scenario);
  prepared.set(scenario.name, known);
  return (await known).afterPowerCut('nothing');
}

async function prepare(scenario: Scenario): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  for (const name of ['old', 'new', 'newer']) await writeModel(disk, `/${name}`, { name });
  const store = new SlotStore(STATION, { disk });
  await store.init('/old');
  await scenario.prepare(store);
  disk.syncAll();
  return disk;
}

/** The calls that an operation makes when nothing happens. */
export async function callsOf(scenario: Scenario): Promise<DiskCall[]> {
  const calls: DiskCall[] = [];
  const disk = watchedDisk(await preparedDisk(scenario), (call) => void calls.push(call));
  await scenario.run(new SlotStore(STATION, { disk }));
  return calls;
}

/** Name of the model a station starts with; asserts that it is whole and that the station can go on from there. */
async function startedModel(disk: MemoryDisk, mayRun: string[]): Promise<string> {
  const store = new SlotStore(STATION, { disk });
  const state = await store.start();
  assert.ok(state.chosen, `no slot to start from: ${JSON.stringify(state)}`);
  assert.equal(state.chosen.because, BY_POINTER);
  const report = state.slots[state.chosen.slot];
  assert.equal(report.problem, undefined);
  const name = report.manifest?.name ?? '';
  assert.ok(mayRun.includes(name), `${name} runs, expected one of ${mayRun.join(', ')}`);
  for (const slot of Object.values(state.slots)) assert.equal(slot.problem, undefined, `a mixture in ${slot.slot}`);
  if (state.pointer?.state === 'trial') await store.revert();
  await store.install('/newer');
  await store.promote();
  assert.equal((await store.confirm()).pointer?.state, 'confirmed');
  return name;
}

/** Cuts the power before call `step`, in every way, and starts again. Returns the model that ran after each cut. */
export async function powerCutAt(scenario: Scenario, step: number): Promise<Record<PowerCut, string>> {
  const found = {} as Record<PowerCut, string>;
  for (const cut of POWER_CUTS) {
    const memory = await preparedDisk(scenario);
    const store = new SlotStore(STATION, { disk: watchedDisk(memory, crashAt(step)) });
    // the last call takes the lock away, and nobody needs to know that it did not happen
    await scenario.run(store).catch((error: unknown) => assert.ok(error instanceof Gone, String(error)));
    found[cut] = await startedModel(memory.afterPowerCut(cut), scenario.mayRun);
  }
  return found;
}

/** Lets a disk fail from call `step` on, without a restart, then heals it. Returns whether the operation still worked. */
export async function failingFrom(scenario: Scenario, fault: (step: number) => BeforeCall, step: number) {
  const memory = await preparedDisk(scenario);
  const store = new SlotStore(STATION, { disk: watchedDisk(memory, fault(step)) });
  const worked = await scenario.run(store).then(
    () => true,
    (error: unknown) => {
      assert.ok(error instanceof InspectionError && error.code === 'IO_FAILED', String(error));
      assert.match(error.message, /^Expected a folder that can be written for "?\/station/);
      return false;
    },
  );
  // the line goes on from what is on the disk, even while it cannot be written
  const { chosen, slots } = await new SlotStore(STATION, { disk: memory }).state();
  assert.ok(chosen && scenario.mayRun.includes(slots[chosen.slot].manifest?.name ?? ''), 'the line lost its model');
  await startedModel(memory, scenario.mayRun);
  return worked;
}
