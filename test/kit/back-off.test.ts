import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BackOff } from '../../src/kit/back-off';

/** Pauses of six attempts, ms. */
function pauses(random: () => number): number[] {
  const backOff = new BackOff({ firstMs: 500, maxMs: 4_000 }, random);
  return Array.from({ length: 6 }, () => backOff.nextMs());
}

describe('back-off', () => {
  it('doubles from the first pause to the longest, and begins anew after a reset', () => {
    assert.deepEqual(
      pauses(() => 1),
      [500, 1000, 2000, 4000, 4000, 4000],
    );
    const backOff = new BackOff({ firstMs: 500, maxMs: 4_000 }, () => 1);
    backOff.nextMs();
    backOff.nextMs();
    backOff.reset();
    assert.deepEqual([backOff.attempts, backOff.nextMs()], [0, 500]);
  });

  it('is half of that at least, the rest by chance: cameras behind one switch do not return at once', () => {
    assert.deepEqual(
      pauses(() => 0),
      [250, 500, 1000, 2000, 2000, 2000],
    );
    const chances = [0.2, 0.8];
    const first = new Set(chances.map((chance) => new BackOff({}, () => chance).nextMs()));
    assert.equal(first.size, 2);
  });
});
