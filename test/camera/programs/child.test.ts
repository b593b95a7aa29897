import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { InspectionError } from '../../../src/contract/errors';
import { runChild, runningChildren, type ChildEnd } from '../../../src/camera/programs/child';
import { isAlive, StandIns, type Behaviour } from '../stand-in';
import { until } from '../support';

const standIns = new StandIns();

/** Runs a stand-in and collects what it writes. */
function run(behaviour: Behaviour, programs: string[] = ['cam'], stdin?: string) {
  standIns.install('cam', behaviour);
  const stopping = new AbortController();
  let bytes = 0;
  let end: ChildEnd | undefined;
  const explain = (ended: ChildEnd) => {
    end = ended;
    return new InspectionError('SOURCE_UNAVAILABLE', `${ended.program}: ${ended.code ?? ended.signal}`);
  };
  const done = runChild(
    { programs, args: ['--one', "it's; $(touch /tmp/x)"], install: 'install it', explain, stdin },
    { push: (chunk) => (bytes += chunk.length), end: () => undefined },
    stopping.signal,
  );
  // the tests look at it later
  done.catch(() => undefined);
  const pidsNow = () => standIns.calls('cam').map(({ pid }) => pid);
  return { done, stop: () => stopping.abort(), bytes: () => bytes, end: () => end, pids: pidsNow };
}

describe('camera program', () => {
  it('hands its output on, and its end with the reason', async () => {
    const child = run({ pictures: 3, exit: 3, stderr: 'rpicam-none-pi5' });
    await assert.rejects(child.done, { message: 'cam: 3' });
    assert.ok(child.bytes() > 3 * 250);
    assert.match(child.end()?.stderr ?? '', /no cameras available/);
    assert.equal(runningChildren(), 0);
  });

  it('passes arguments as they are, and none of the secrets of this process', async () => {
    process.env.NODE_RED_CREDENTIAL_SECRET = 's3cret';
    const child = run({ exit: 0 });
    await assert.rejects(child.done);
    const call = standIns.calls('cam').at(-1);
    assert.deepEqual(call?.args, ['--one', "it's; $(touch /tmp/x)"]);
    assert.ok(call?.env.includes('PATH') && !call.env.includes('NODE_RED_CREDENTIAL_SECRET'));
    delete process.env.NODE_RED_CREDENTIAL_SECRET;
  });

  const stubborn: Array<[string, Behaviour, number]> = [
    ['at once when it obeys', { pictures: -1 }, 900],
    ['by force when it does not', { pictures: -1, ignoresSigterm: true }, 2_000],
    ['with all it started', { startsChild: true }, 2_000],
  ];
  for (const [what, behaviour] of stubborn) {
    it(`is ended ${what}`, async () => {
      const before = standIns.calls('cam').length;
      const child = run(behaviour);
      const count = behaviour.startsChild ? 2 : 1;
      await until(() => standIns.calls('cam').length === before + count, 'its start');
      const pids = child.pids().slice(before);
      assert.ok(pids.every(isAlive));
      child.stop();
      await child.done;
      assert.equal(runningChildren(), 0);
      await until(() => !pids.some(isAlive), 'all processes to be gone');
    });
  }

  it('is ended when it is frozen', async () => {
    const before = standIns.calls('cam').length;
    const child = run({ pictures: -1 });
    await until(() => standIns.calls('cam').length > before, 'its start');
    const [pid] = child.pids().slice(before) as [number];
    process.kill(pid, 'SIGSTOP');
    child.stop();
    await child.done;
    assert.equal(isAlive(pid), false);
  });

  it('that ends leaves nothing it started behind', async () => {
    const before = standIns.calls('cam').length;
    const child = run({ startsChild: true, pictures: 1, exit: 0 });
    await until(() => standIns.calls('cam').length === before + 2, 'both starts');
    const [own, started] = child.pids().slice(before) as [number, number];
    // node itself waits for nothing: the sleeping child would hold the output open for ten minutes
    process.kill(own, 'SIGKILL');
    await assert.rejects(child.done, { message: 'cam: SIGKILL' });
    await until(() => !isAlive(started), 'the child of the child to be gone');
  });

  it('is looked for under its older name, and told how to be installed', async () => {
    const child = run({ exit: 0 }, ['cam-of-tomorrow', 'cam']);
    await assert.rejects(child.done, { message: 'cam: 0' });
    await assert.rejects(run({ exit: 0 }, ['none-a', 'none-b']).done, {
      code: 'SOURCE_UNAVAILABLE',
      message: 'Expected the program none-a or none-b but it is not installed: install it',
    });
  });

  it('that may not be run is told as such', async () => {
    standIns.install('locked', { exit: 0 });
    chmodSync(join(standIns.folder, 'locked'), 0o644);
    await assert.rejects(run({ exit: 0 }, ['locked']).done, /^locked cannot be started \(EACCES\)/);
  });

  it('that does not read its input does no harm', async () => {
    const child = run({ exit: 0 }, ['cam'], 'x'.repeat(1_000_000));
    await assert.rejects(child.done, { message: 'cam: 0' });
  });
});
