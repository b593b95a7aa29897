/**
 * The table of steps tried: every change of every operation on the slots, with the power cut after it in five ways, the
 * disk full and read-only from it on, and real processes ended by SIGKILL.
 *
 * Usage: npm run lab -- slots-crash
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../src/kit/disk';
import { SlotStore } from '../../src/model/slots/store';
import { callsOf, failingFrom, powerCutAt, SCENARIOS } from '../../test/model/slots/crash-harness';
import { diskFullAt, readOnlyAt } from '../../test/helpers/faulty-disk';
import { writeModel } from '../../test/model/slots/models';
import { POWER_CUTS } from '../../test/helpers/memory-disk';

const KILL_CHILD = join(__dirname, '..', '..', 'test', 'model', 'slots', 'kill-child.js');
/** Between two kills that are tried on real processes, calls. */
const KILL_EVERY = 4;

async function killTable(operation: 'install' | 'promote'): Promise<string> {
  let [tried, killed] = [0, 0];
  for (let step = 0; ; step += KILL_EVERY) {
    const root = mkdtempSync(join(tmpdir(), 'slots-soak-'));
    try {
      for (const name of ['old', 'new']) await writeModel(nodeDisk, join(root, name), { name });
      const station = join(root, 'station');
      const store = new SlotStore(station);
      await store.init(join(root, 'old'));
      if (operation === 'promote') await store.install(join(root, 'new'));
      const args = [KILL_CHILD, station, operation, String(step), join(root, 'new')];
      const { signal } = spawnSync(process.execPath, args);
      const { chosen, slots } = await store.start();
      const name = chosen && slots[chosen.slot].manifest?.name;
      if (name !== 'old' && name !== 'new') throw new Error(`step ${step} of ${operation}: ${name ?? 'nothing'} runs`);
      tried++;
      if (signal === 'SIGKILL') killed++;
      else return `| kill -9 during ${operation} | ${tried} | ${killed} killed, all started a valid model |`;
    } finally {
      rmSync(root, { recursive: true });
    }
  }
}

async function main(): Promise<void> {
  console.log(
    '| operation | calls | changes | power cuts | full or read-only | outcome |\n| --- | --- | --- | --- | --- | --- |',
  );
  for (const scenario of SCENARIOS) {
    const calls = await callsOf(scenario);
    const changes = calls.filter(({ changes: changing }) => changing).length;
    for (let step = 0; step < calls.length; step++) {
      await powerCutAt(scenario, step);
      await failingFrom(scenario, diskFullAt, step);
      await failingFrom(scenario, readOnlyAt, step);
    }
    const cuts = calls.length * POWER_CUTS.length;
    console.log(
      `| ${scenario.name} | ${calls.length} | ${changes} | ${cuts} | ${calls.length * 2} | valid every time |`,
    );
  }
  console.log('\n| real processes | tried | outcome |\n| --- | --- | --- |');
  for (const operation of ['install', 'promote'] as const) console.log(await killTable(operation));
}

void main();
