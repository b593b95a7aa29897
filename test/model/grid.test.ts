import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cellCount } from '../../src/model/grid';

describe('cellCount', () => {
  it('is the number of cells over the strides', () => {
    assert.equal(cellCount({ width: 640, height: 640 }), 8400);
    assert.equal(cellCount({ width: 640, height: 480 }), 80 * 60 + 40 * 30 + 20 * 15);
    assert.equal(cellCount({ width: 64, height: 32 }, [32]), 2);
  });

  it('a row of cells that begins inside counts', () => {
    assert.equal(cellCount({ width: 33, height: 33 }, [32]), 4);
  });
});
