import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TailCounts } from '../../../../src/quantize/calibrate/ranges/tail-counts';
import { Random } from '../../../../src/kit/random';

/** Borders are upper halves of a float32: at most 1/128 too wide. */
const near = (value: number, wanted: number): void =>
  assert.ok(
    Math.abs(value) >= Math.abs(wanted) && Math.abs(value) <= Math.abs(wanted) * (1 + 1 / 64) + 1e-38,
    `${value} ${wanted}`,
  );

const no = { low: 0, high: 0 };

describe('TailCounts', () => {
  it('knows the extremes, whatever their signs and sizes', () => {
    for (const [low, high] of [
      [-30.5, 7.25],
      [-1e-3, 1e4],
      [-2, 0],
      [0, 3],
    ] as const) {
      const counts = new TailCounts();
      counts.add(Float32Array.of(low / 2, high, 0, low, high / 3));
      const { min, max } = counts.withoutTails(no);
      near(min, low);
      near(max, high);
    }
  });

  it('ends where the numbers do: a model whose scores reach 1 must not answer 1.004', () => {
    const counts = new TailCounts();
    counts.add(Float32Array.of(0.3, 1, -0.7));
    assert.deepEqual(counts.withoutTails(no), { min: Math.fround(-0.7), max: 1 });
  });

  it('knows ranges that are all on one side of zero', () => {
    const counts = new TailCounts();
    counts.add(Float32Array.of(3, 4, 5));
    const { min, max } = counts.withoutTails(no);
    assert.ok(min <= 3 && min > 2.9);
    near(max, 5);
    const below = new TailCounts();
    below.add(Float32Array.of(-3, -4, -5));
    const range = below.withoutTails(no);
    near(range.min, -5);
    assert.ok(range.max >= -3 && range.max < -2.9);
  });

  it('leaves out the share asked for at either end, in any order of the pictures', () => {
    const random = new Random('tail-counts');
    const all = Float32Array.from({ length: 100_000 }, () => random.normal());
    const sorted = all.toSorted();
    const forwards = new TailCounts();
    const backwards = new TailCounts();
    for (let at = 0; at < all.length; at += 1000) {
      forwards.add(all.subarray(at, at + 1000));
      backwards.add(all.subarray(all.length - at - 1000, all.length - at));
    }
    const share = { low: 0.001, high: 0.01 };
    const range = forwards.withoutTails(share);
    near(range.min, sorted[100]!);
    near(range.max, sorted[all.length - 1001]!);
    assert.deepEqual(backwards.withoutTails(share), range);
  });

  it('leaves out infinities and NaN, and says 0 for nothing at all', () => {
    const counts = new TailCounts();
    assert.deepEqual(counts.withoutTails(no), { min: 0, max: 0 });
    counts.add(Float32Array.of(NaN, Infinity, -Infinity));
    assert.deepEqual(counts.withoutTails(no), { min: 0, max: 0 });
    counts.add(Float32Array.of(-1, 2));
    near(counts.withoutTails(no).max, 2);
  });
});
