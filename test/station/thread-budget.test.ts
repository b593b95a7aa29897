import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { ModelInfo } from '../../src/contract/detector';
import { ThreadBudget } from '../../src/station/thread-budget';

/** A detector that changes when the test says so. */
class FakeDetector {
  readonly asked: (number | undefined)[] = [];
  #finish: ((error?: Error) => void)[] = [];

  reconfigure({ threads }: { threads?: number }): Promise<ModelInfo> {
    this.asked.push(threads);
    return new Promise((resolve, reject) =>
      this.#finish.push((error) => (error ? reject(error) : resolve({} as ModelInfo))),
    );
  }

  async finish(error?: Error): Promise<void> {
    this.#finish.shift()?.(error);
    await setImmediate();
  }
}

describe('thread keeper', () => {
  it('reduces, and gives back', async () => {
    const keeper = new ThreadBudget();
    const detector = new FakeDetector();
    keeper.add(detector, 4);
    assert.deepEqual(detector.asked, []);
    keeper.limit('guard', 2);
    await detector.finish();
    keeper.limit('guard', undefined);
    await detector.finish();
    assert.deepEqual(detector.asked, [2, 4]);
  });

  it('asks for one change at a time, and of the wishes meanwhile for the last only', async () => {
    const keeper = new ThreadBudget();
    const detector = new FakeDetector();
    keeper.add(detector, 4);
    for (const threads of [2, 3, 1]) keeper.limit('guard', threads);
    assert.deepEqual(detector.asked, [2]);
    await detector.finish();
    assert.deepEqual(detector.asked, [2, 1]);
    keeper.limit('guard', undefined);
    keeper.limit('guard', 1);
    await detector.finish();
    assert.deepEqual(detector.asked, [2, 1]);
  });

  it('shares a limit among all detectors, or limits only one', async () => {
    const keeper = new ThreadBudget();
    const [a, b] = [new FakeDetector(), new FakeDetector()];
    keeper.add(a, 4);
    keeper.add(b, 4);
    keeper.limit('guard', 2);
    assert.deepEqual([a.asked, b.asked], [[1], [1]]);
    await Promise.all([a.finish(), b.finish()]);
    keeper.limit('guard', 2, a);
    await setImmediate();
    assert.deepEqual(
      [a.asked, b.asked],
      [
        [1, 2],
        [1, 4],
      ],
    );
  });

  it('a detector that comes later keeps to the limit as well; one that went no longer counts', async () => {
    const keeper = new ThreadBudget();
    const [a, b] = [new FakeDetector(), new FakeDetector()];
    keeper.limit('guard', 2);
    keeper.add(a, 4);
    assert.deepEqual(a.asked, [2]);
    await a.finish();
    keeper.add(b, 4);
    await Promise.all([a.finish(), b.finish()]);
    keeper.remove(b);
    assert.deepEqual([a.asked, b.asked], [[2, 1, 2], [1]]);
  });

  it('tells when a detector cannot change, and tries again at the next change', async () => {
    const keeper = new ThreadBudget();
    const detector = new FakeDetector();
    const problems: string[] = [];
    keeper.on('problem', (error) => problems.push(error.message));
    keeper.add(detector, 4);
    keeper.limit('guard', 2);
    await detector.finish(new Error('no memory'));
    assert.deepEqual(problems, ['The detector could not change to 2 threads: no memory']);
    keeper.limit('guard', undefined);
    assert.deepEqual(detector.asked, [2, 4]);
  });
});
