import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flood, SIDES, SIDES_AND_CORNERS } from '../../../src/simulate/boards/flood';

describe('flood', () => {
  // the first and last column touch in memory, not in the picture
  const PICTURE = ['#.##', '.#..', '...#', '#...'];
  const taken = (start: number, steps: readonly number[]) => {
    const free = [...PICTURE.join('')].map((char) => char === '#');
    const pixels: number[] = [];
    const size = flood(4, 4, start, steps, (index) => {
      if (!free[index]) return false;
      free[index] = false;
      pixels.push(index);
      return true;
    });
    assert.equal(size, pixels.length);
    return pixels.sort((a, b) => a - b);
  };

  it('takes what joins over sides, or over corners too', () => {
    assert.deepEqual(taken(2, SIDES), [2, 3]);
    assert.deepEqual(taken(2, SIDES_AND_CORNERS), [0, 2, 3, 5]);
  });

  it('does not go around the end of a row, and takes nothing where the first pixel does not belong', () => {
    assert.deepEqual(taken(11, SIDES_AND_CORNERS), [11]);
    assert.deepEqual(taken(1, SIDES_AND_CORNERS), []);
  });
});
