import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nodeDisk } from '../../../src/kit/disk';
import { currentModelPath } from '../../../src/model/slots/current';
import { SlotStore, TRIAL_STARTS_MAX } from '../../../src/model/slots/store';
import { writeModel } from './models';

let root: string;
let station: string;
let store: SlotStore;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'slots-'));
  station = join(root, 'station');
  store = new SlotStore(station);
  for (const name of ['old', 'new', 'newer']) await writeModel(nodeDisk, join(root, name), { name });
  await store.init(join(root, 'old'));
});
afterEach(() => rmSync(root, { recursive: true }));

const running = async () => {
  const { chosen, slots } = await store.state();
  return chosen && slots[chosen.slot].manifest?.name;
};
const install = (name: string) => store.install(join(root, name));

describe('SlotStore', () => {
  it('takes a model from candidate over trial to confirmed, and journals each step', async () => {
    await install('new');
    assert.equal(await running(), 'old');
    assert.equal((await store.state()).slots.b.role, 'candidate');
    await store.promote('proven over 500 parts');
    assert.equal(await running(), 'new');
    const { slots } = await store.confirm();
    assert.deepEqual([slots.a.role, slots.b.role], ['previous', 'current']);
    const done = (await store.journal()).filter(({ step }) => step === 'done');
    assert.deepEqual(
      done.map(({ operation, slot }) => `${operation} ${slot}`),
      ['init a', 'install b', 'promote b', 'confirm b'],
    );
    assert.equal(done[2]?.reason, 'proven over 500 parts');
  });

  it('reverts a trial, and a confirmed model while the former one is still there', async () => {
    await install('new');
    await store.promote();
    await store.revert();
    assert.equal(await running(), 'old');
    assert.equal((await store.state()).slots.b.role, 'rejected');
    await install('newer');
    await store.promote();
    await store.confirm();
    await store.revert();
    assert.equal(await running(), 'old');
  });

  it('promotes what was rejected only with a reason, or when it is installed again', async () => {
    await install('new');
    await store.reject('blind to shorts');
    await assert.rejects(() => store.promote(), { message: /^Expected a reason for promote but received "none, for/ });
    await install('new');
    await store.reject('blind to shorts');
    await store.promote('shorts are found elsewhere', { insist: true });
    assert.equal(await running(), 'new');
    assert.equal((await store.journal()).at(-1)?.reason, 'shorts are found elsewhere');
  });

  it('keeps the former model during a trial', async () => {
    await install('new');
    await store.promote();
    await assert.rejects(() => install('newer'), { code: 'BAD_ARGUMENT', message: /confirm or revert it first/ });
  });

  const refusals: [string, () => Promise<unknown>, RegExp][] = [
    ['promote without a candidate', () => store.promote(), /^Expected a valid model in slot b for promote/],
    ['confirm without a trial', () => store.confirm(), /^Expected a model on trial for confirm/],
    ['revert without a former model', () => store.revert(), /^Expected a valid model in slot b for revert/],
    ['a second init', () => store.init(join(root, 'new')), /^Expected a folder without slots/],
    [
      'a station that is none',
      () => new SlotStore(root).install(join(root, 'new')),
      /^Expected a station with a valid/,
    ],
  ];
  for (const [what, attempt, message] of refusals) {
    it(`refuses ${what}, and nothing is disturbed`, async () => {
      await assert.rejects(attempt, { message });
      assert.equal(await running(), 'old');
    });
  }

  it('refuses a tampered candidate at promotion', async () => {
    await install('new');
    writeFileSync(join(station, 'slot-b', 'model.onnx'), 'tampered');
    await assert.rejects(() => store.promote(), { code: 'MODEL_INVALID', message: /SHA-256/ });
    assert.equal(await running(), 'old');
  });

  it('starts the former model when the one in use was damaged', async () => {
    await install('new');
    await store.promote();
    await store.confirm();
    writeFileSync(join(station, 'slot-b', 'model.onnx'), 'bit rot');
    assert.equal(await currentModelPath(station), join(station, 'slot-a'));
    const state = await store.start();
    assert.equal(state.pointer?.slot, 'a');
    assert.match((await store.journal()).at(-1)?.reason ?? '', /^slot b is not usable: Expected SHA-256/);
  });

  it('never starts a candidate that nobody has proven', async () => {
    await install('new');
    writeFileSync(join(station, 'slot-a', 'model.onnx'), 'bit rot');
    assert.equal((await store.start()).chosen, undefined);
    await assert.rejects(() => currentModelPath(station), {
      code: 'MODEL_INVALID',
      message: /slot a: .*slot b: candidate/,
    });
  });

  it('finds the confirmed model again when the pointer is lost', async () => {
    await install('new');
    await store.promote();
    await store.confirm();
    writeFileSync(join(station, 'current'), '{"slot');
    assert.equal((await store.start()).pointer?.slot, 'b');
  });

  it('gives a trial up that is started again and again', async () => {
    await install('new');
    await store.promote();
    for (let start = 0; start < TRIAL_STARTS_MAX; start++) {
      await store.start();
      assert.equal(await running(), 'new');
    }
    await store.start();
    assert.equal(await running(), 'old');
    assert.equal((await store.state()).slots.b.role, 'rejected');
  });

  it('lets only one change run at a time, and takes over the lock of a process that is gone', async () => {
    const results = await Promise.allSettled([install('new'), install('newer')]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const refused = results.find((result): result is PromiseRejectedResult => result.status === 'rejected');
    assert.match(String(refused?.reason), /Expected nobody else changing the slots/);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(join(station, 'lock'), `${pid} 123`);
    await store.promote();
  });

  it('respects the lock of a living process, but not of another one with the same id', async () => {
    await install('new');
    const { readFileSync } = await import('node:fs');
    const ticks = readFileSync('/proc/1/stat', 'utf8').split(') ')[1]?.split(' ')[19];
    writeFileSync(join(station, 'lock'), `1 ${ticks}`);
    await assert.rejects(() => store.promote(), { code: 'IO_FAILED', message: /a lock of process 1/ });
    writeFileSync(join(station, 'lock'), '1 99999999999');
    await store.promote();
  });

  it('leads a path that is no station through unchanged', async () => {
    assert.equal(await currentModelPath(join(root, 'old')), join(root, 'old'));
  });
});

describe('kill -9', () => {
  // the full table over every call and operation is `npm run lab -- slots-crash`
  for (const [operation, steps] of [
    ['install', [20, 35, 50]],
    ['promote', [40, 44, 48, 52]],
  ] as const) {
    it(`in the middle of ${operation} leaves a valid model`, async () => {
      if (operation === 'promote') await install('new');
      for (const step of steps) {
        const args = [join(__dirname, 'kill-child.js'), station, operation, String(step), join(root, 'newer')];
        const { signal, status } = spawnSync(process.execPath, args);
        assert.ok(signal === 'SIGKILL' || status !== null);
        const { chosen, slots } = await store.start();
        assert.ok(chosen && ['old', 'new'].includes(slots[chosen.slot].manifest?.name ?? ''));
        if ((await store.state()).pointer?.state === 'trial') await store.revert().then(() => install('new'));
      }
    });
  }
});
