import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DetectorOptions } from '../../src/contract/detector';
import { actualLanes, actualThreads, checkOptions } from '../../src/detector/options';

describe('detector options', () => {
  it('fills in the defaults', () => {
    assert.deepEqual(checkOptions({ model: 'm.onnx' }), {
      model: 'm.onnx',
      threads: 0,
      lanes: 0,
      memoryMapped: false,
      queueLimit: 2,
      overload: 'latest',
      watchdogMs: 10_000,
      nice: 0,
    });
  });

  const bad: Array<[Record<string, unknown>, string]> = [
    [{ model: '' }, 'Expected a non-empty string for model but received ""'],
    [{}, 'Expected a non-empty string for model but received undefined'],
    [{ model: 'm', threads: -1 }, 'Expected a whole number between 0 and 64 for threads but received -1'],
    [{ model: 'm', queueLimit: 0 }, 'Expected a whole number between 1 and 1000 for queueLimit but received 0'],
    [{ model: 'm', overload: 'newest' }, 'Expected one of latest, every for overload but received "newest"'],
    [{ model: 'm', watchdogMs: 1 }, 'Expected a whole number between 100 and 3600000 for watchdogMs but received 1'],
    [{ model: 'm', nice: 20 }, 'Expected a whole number between 0 and 19 for nice but received 20'],
    [
      { model: 'm', thread: 2 },
      'Expected only model, threads, lanes, queueLimit, overload, watchdogMs, nice, memoryMapped for the detector options but received "thread"',
    ],
  ];
  for (const [options, message] of bad) {
    it(message, () => {
      assert.throws(() => checkOptions(options as unknown as DetectorOptions), { code: 'BAD_ARGUMENT', message });
    });
  }

  it('takes one thread per core, at most four, when asked for 0', () => {
    assert.ok(actualThreads(0) >= 1 && actualThreads(0) <= 4);
    assert.equal(actualThreads(3), 3);
  });

  it('infers two frames at once only when it may use all cores', () => {
    const lanes = [1, 2].flatMap((threads) => [1, 2, 4].map((cores) => actualLanes(0, threads, cores)));
    assert.deepEqual(lanes, [1, 1, 1, 2, 2, 1]);
    assert.equal(actualLanes(0, 4, 4), 2);
  });

  it('takes as many lanes as asked for, but no lane without a thread', () => {
    assert.deepEqual([actualLanes(1, 4, 4), actualLanes(3, 4, 8), actualLanes(4, 2, 8)], [1, 3, 2]);
  });
});
