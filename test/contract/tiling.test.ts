import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTiling } from '../../src/contract/tiling';

describe('tiles as people write them', () => {
  it('reads off, auto and columns x rows', () => {
    assert.equal(parseTiling('off'), undefined);
    assert.equal(parseTiling(undefined), undefined);
    assert.deepEqual(parseTiling('auto', 0.1), { layout: 'auto', overlap: 0.1 });
    assert.deepEqual(parseTiling('3x2'), { layout: { columns: 3, rows: 2 }, overlap: 0.2 });
    assert.deepEqual(parseTiling(' 4×16 ', '0.3'), { layout: { columns: 4, rows: 16 }, overlap: 0.3 });
  });

  for (const bad of ['0x2', '17x1', '3', '3x', 'all', -1, 'x', '3x2x1']) {
    it(`refuses ${bad}`, () => assert.throws(() => parseTiling(bad), /Expected off, auto, or columns x rows.*tiles/));
  }

  for (const bad of [0.6, -0.1, 'half', NaN]) {
    it(`refuses an overlap of ${bad}`, () =>
      assert.throws(() => parseTiling('auto', bad), /Expected a number between 0 and 0.5 for the overlap/));
  }
});
