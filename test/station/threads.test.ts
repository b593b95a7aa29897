import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shareThreads } from '../../src/station/threads';

describe('threads', () => {
  for (const [total, configured, shares] of [
    [undefined, [4, 4], [4, 4]],
    [2, [4], [2]],
    [2, [1], [1]],
    [2, [4, 4], [1, 1]],
    [4, [4, 2], [2, 1]],
    [2, [4, 2, 2], [1, 1, 1]],
    [3, [], []],
  ] as const) {
    it(`${total ?? 'any number of'} threads for detectors of ${configured.join(', ') || 'none'}`, () => {
      assert.deepEqual(shareThreads(total, configured), shares);
    });
  }
});
