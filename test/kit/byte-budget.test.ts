import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ByteBudget } from '../../src/kit/byte-budget';
import { deferred } from '../../src/kit/deferred';

describe('ByteBudget', () => {
  it('three pieces of work that need most of it run one after the other', async () => {
    const budget = new ByteBudget(100);
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
    };
    await Promise.all([60, 60, 60].map((bytes) => budget.use(bytes, work)));
    assert.equal(most, 1);
    assert.equal(budget.freeBytes, 100);
  });

  it('what fits runs at once; what needs nothing waits for nobody; nobody else overtakes', async () => {
    const budget = new ByteBudget(100);
    const ends = [deferred<void>(), deferred<void>()];
    const began: string[] = [];
    const use = (name: string, bytes: number, until: Promise<void> = Promise.resolve()) =>
      budget.use(bytes, () => (began.push(name), until));
    const all = [
      use('a', 50, ends[0]!.promise),
      use('b', 50, ends[1]!.promise),
      use('c', 90),
      use('d', 10),
      use('e', 0),
    ];
    assert.deepEqual(began, ['a', 'b', 'e']);
    ends[0]!.resolve();
    await all[0];
    assert.deepEqual(began, ['a', 'b', 'e']);
    ends[1]!.resolve();
    await Promise.all(all);
    assert.deepEqual(began, ['a', 'b', 'e', 'c', 'd']);
  });

  it('work that fails gives its bytes back; work that wants more than all gets all', async () => {
    const budget = new ByteBudget(100);
    await assert.rejects(
      budget.use(1000, () => Promise.reject(new Error('no'))),
      /no/,
    );
    assert.equal(budget.freeBytes, 100);
    assert.equal(await budget.use(1e9, () => Promise.resolve(budget.freeBytes)), 0);
  });
});
