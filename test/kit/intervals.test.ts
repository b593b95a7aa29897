import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { difference, meanOf, wilson } from '../../src/kit/intervals';

const near = (value: number | undefined, wanted: number, by = 0.0005) =>
  assert.ok(value !== undefined && Math.abs(value - wanted) < by, `${value}, expected ${wanted}`);

describe('wilson', () => {
  // lower and upper bounds as in Newcombe 1998, Statistics in Medicine 17, 857–872, table I, method 3
  const published: [count: number, of: number, low: number, high: number][] = [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ];
  for (const [count, of, low, high] of published) {
    it(`${count} of ${of}`, () => {
      const share = wilson(count, of);
      near(share.low, low);
      near(share.high, high);
    });
  }

  it('knows nothing without observations', () => {
    assert.deepEqual(wilson(0, 0), { count: 0, of: 0, share: undefined, low: 0, high: 1 });
  });

  it('stays within 0 and 1', () => {
    assert.equal(wilson(5, 5).high, 1);
    assert.ok(wilson(5, 5).low > 0.5);
  });
});

describe('difference', () => {
  it('agrees with Newcombe 1998, Statistics in Medicine 17, 873–890, table II, method 10', () => {
    // 56/70 − 48/80: 0.0524 to 0.3339
    const { low, high } = difference(wilson(48, 80), wilson(56, 70));
    near(low, 0.0524);
    near(high, 0.3339);
  });

  it('says nothing while one side has no observations', () => {
    assert.deepEqual(difference(wilson(0, 0), wilson(5, 10)), { low: -1, high: 1 });
  });
});

describe('meanOf', () => {
  it('gives mean and interval from sums', () => {
    const { mean, low, high } = meanOf(4, 10, 30);
    near(mean, 2.5);
    // variance 5/3, half width 1.96 · sqrt(5/12)
    near(low, 2.5 - 1.2651);
    near(high, 2.5 + 1.2651);
    assert.equal(meanOf(0, 0, 0).mean, undefined);
  });
});
