import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../src/kit/random';

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

describe('Random', () => {
  it('gives the same stream for the same key', () => {
    assert.deepEqual(draw(new Random('a', 7), 50), draw(new Random('a', 7), 50));
  });

  it('tells keys apart that read alike when run together', () => {
    assert.notDeepEqual(draw(new Random(1, 23), 5), draw(new Random(12, 3), 5));
  });

  it('is uniform: a tenth of the numbers in each tenth', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of draw(new Random('uniform'), 20_000)) {
      const tenth = Math.floor(value * 10);
      counts[tenth] = (counts[tenth] ?? 0) + 1;
    }
    for (const count of counts) assert.ok(Math.abs(count - 2000) < 200, `${count} of 20000 in one tenth`);
  });

  it('picks rows by weight and never one of weight 0', () => {
    const random = new Random('weights');
    const rows = [
      { weight: 3, name: 'often' },
      { weight: 1, name: 'seldom' },
      { weight: 0, name: 'never' },
    ];
    const names = Array.from({ length: 4000 }, () => random.weighted(rows).name);
    const share = names.filter((name) => name === 'often').length / names.length;
    assert.ok(Math.abs(share - 0.75) < 0.03, `share ${share}`);
    assert.ok(!names.includes('never'));
  });

  it('keeps within the bounds it is given', () => {
    const random = new Random('bounds');
    const whole = new Set(Array.from({ length: 500 }, () => random.integer(-1, 2)));
    assert.deepEqual([...whole].sort(), [-1, 0, 1, 2].sort());
    for (let i = 0; i < 500; i++) {
      const value = random.logBetween(2, 50);
      assert.ok(value >= 2 && value < 50);
    }
  });

  it('shuffles without losing anything', () => {
    const items = [1, 2, 3, 4, 5, 6];
    assert.deepEqual(new Random('deck').shuffled(items).sort(), items);
  });
});
