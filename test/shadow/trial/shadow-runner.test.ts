import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PRIMARY, SimulatedDetector, simulatedPart } from '../../../lab/bench/shadow-streams';
import { inShare } from '../../../src/shadow/trial/sampling';
import { ShadowRunner } from '../../../src/shadow/trial/shadow-runner';

const frame = (index: number) => {
  const part = simulatedPart(1, index);
  return { id: part.id, image: Buffer.from(JSON.stringify(part)), frame: { id: part.id }, confidence: 0.25 };
};
const line = (busy: () => boolean) => ({ activity: () => ({ inFlight: busy() ? 1 : 0, offered: 0 }) });

describe('ShadowRunner', () => {
  it('drops a frame when the line stays busy, and counts it', async () => {
    const runner = new ShadowRunner(
      line(() => true),
      { sample: 1, waitMs: 30 },
    );
    const candidate = new SimulatedDetector(PRIMARY);
    assert.equal(await runner.offer(frame(0), candidate), 'line busy');
    assert.equal(candidate.offered, 0);
    assert.equal(runner.counters.dropped['line busy'], 1);
  });

  it('waits until the line has been idle for a while', async () => {
    let busy = true;
    const runner = new ShadowRunner(
      line(() => busy),
      { sample: 1, settleMs: 5, waitMs: 10_000 },
    );
    const candidate = new SimulatedDetector(PRIMARY);
    const answer = runner.offer(frame(0), candidate);
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal(candidate.offered, 0);
    busy = false;
    assert.notEqual(typeof (await answer), 'string');
  });

  it('takes one frame at a time, and accounts for every one', async () => {
    const runner = new ShadowRunner(
      line(() => false),
      { sample: 0.5, settleMs: 0 },
    );
    const candidate = new SimulatedDetector(PRIMARY, undefined, 5);
    await Promise.all(Array.from({ length: 40 }, (_, index) => runner.offer(frame(index), candidate)));
    const { offered, answered, unanswered, underWay, dropped } = runner.counters;
    const left = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(offered, 40);
    assert.equal(answered + unanswered + underWay + left, 40);
    assert.equal(answered, 1);
    assert.ok(dropped['not sampled'] > 5 && dropped['shadow busy'] > 5);
  });

  it('leaves out what the budget does not allow', async () => {
    const runner = new ShadowRunner(
      line(() => false),
      { sample: 1, settleMs: 0, allowed: () => false },
    );
    assert.equal(await runner.offer(frame(0), new SimulatedDetector(PRIMARY)), 'no budget');
  });
});

describe('inShare', () => {
  it('draws the share it is asked for, the same frames every time, differently per purpose', () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `frame ${index}`);
    const drawn = ids.filter((id) => inShare(id, 0.2, 'shadow'));
    assert.ok(Math.abs(drawn.length / 5000 - 0.2) < 0.02);
    assert.deepEqual(
      ids.filter((id) => inShare(id, 0.2, 'shadow')),
      drawn,
    );
    const both = drawn.filter((id) => inShare(id, 0.2, 'canary')).length;
    assert.ok(Math.abs(both / drawn.length - 0.2) < 0.05);
    assert.equal(
      ids.some((id) => inShare(id, 0, 'canary')),
      false,
    );
  });
});
