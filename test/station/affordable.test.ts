import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { affordable } from '../../src/station/affordable';

describe('affordable rates', () => {
  const cases: Array<[number[], number, number[]]> = [
    [[], 10, []],
    [[5, 10], Infinity, [5, 10]],
    [[5, 10], 15, [5, 10]],
    [[30, 30], 10, [5, 5]],
    [[30, 1], 10, [9, 1]],
    [[10, 1, 10, 2], 10, [3.5, 1, 3.5, 2]],
    [[1, 2], 0, [0, 0]],
  ];
  for (const [demands, perSecond, shares] of cases) {
    it(`[${demands.join(', ')}] of ${perSecond} per second: [${shares.join(', ')}]`, () => {
      assert.deepEqual(affordable(demands, perSecond), shares);
    });
  }
});
