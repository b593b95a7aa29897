import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EVERY_LIMIT, Gate, type Passage } from '../../../src/camera/pacing/gate';
import { FrameLedger } from '../../../src/station/ledger';
import { patience, until } from '../support';

/** A gate before a detector that has taken two frames of this camera already. */
function busyGate(policy: 'latest' | 'every') {
  const ledger = new FrameLedger();
  const gate = new Gate('cam', policy, ledger);
  ledger.enter('cam', 'first');
  ledger.enter('cam', 'second');
  const left: string[] = [];
  const offer = (name: string) => void gate.pass().then((passage: Passage) => left.push(`${name} ${passage}`));
  return { ledger, gate, left, offer };
}

describe('gate', () => {
  it('lets frames go while the detector has room', async () => {
    const ledger = new FrameLedger();
    const gate = new Gate('cam', 'latest', ledger);
    ledger.enter('other camera', 'a');
    ledger.enter('other camera', 'b');
    assert.equal(await gate.pass(), 'go');
    assert.equal(await gate.pass(), 'go');
    gate.stop();
  });

  it('does not let a burst go before the detector could count it', async () => {
    const gate = new Gate('cam', 'every', new FrameLedger());
    const left: Passage[] = [];
    for (let frame = 0; frame < 5; frame += 1) void gate.pass().then((passage) => left.push(passage));
    await Promise.resolve();
    assert.deepEqual([left.length, gate.waiting], [2, 3]);
    // nobody in this flow keeps the ledger, so they go two by two
    await until(() => left.length === 5, 'all five to go');
    gate.stop();
  });

  it('latest: a newer frame takes the place of the one that waits', async () => {
    const { ledger, gate, left, offer } = busyGate('latest');
    for (const name of ['a', 'b', 'c']) offer(name);
    await until(() => left.length === 2, 'two frames to give way');
    assert.deepEqual(left, ['a dropped', 'b dropped']);
    ledger.leave('cam', 'first');
    await until(() => left.length === 3, 'the third to go');
    assert.equal(left[2], 'c go');
    gate.stop();
  });

  it('every: frames wait in order up to the limit, and go in order', async () => {
    const { ledger, gate, left, offer } = busyGate('every');
    for (let frame = 0; frame <= EVERY_LIMIT; frame += 1) offer(String(frame));
    await until(() => left.length === 1, 'the one beyond the limit to be dropped');
    assert.deepEqual(left, [`${EVERY_LIMIT} dropped`]);
    ledger.leave('cam', 'first');
    ledger.leave('cam', 'second');
    await until(() => left.length === EVERY_LIMIT + 1, 'all to go');
    assert.deepEqual(
      left.slice(1),
      Array.from({ length: EVERY_LIMIT }, (_, frame) => `${frame} go`),
    );
    gate.stop();
  });

  it('room: resolves when the next frame would not wait', async () => {
    const { ledger, gate } = busyGate('every');
    let hasRoom = false;
    const room = gate.room(patience()).then(() => (hasRoom = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(hasRoom, false);
    ledger.leave('cam', 'second');
    await room;
    gate.stop();
  });

  it('answers what waits when it is stopped, and listens no more', async () => {
    const { ledger, gate, left, offer } = busyGate('every');
    offer('a');
    gate.stop();
    await until(() => left.length === 1, 'the answer');
    assert.deepEqual(left, ['a stopped']);
    assert.equal(await gate.pass(), 'stopped');
    assert.equal(ledger.listenerCount('left'), 0);
  });
});
