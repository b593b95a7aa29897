import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mask } from '../../../src/simulate/boards/mask';
import { capsule, disc, rectangle } from '../../../src/simulate/boards/shapes';

function area(mask: Mask): number {
  return mask.data.reduce((sum, value) => sum + value, 0);
}

describe('Mask', () => {
  it('fills the pixels whose centres lie inside', () => {
    const mask = new Mask(10, 10);
    mask.fill(rectangle({ x: 5, y: 5, halfWidth: 2, halfHeight: 3 })(0), 1);
    assert.equal(area(mask), 4 * 6);
    assert.deepEqual([mask.at(3, 2), mask.at(6, 7), mask.at(2, 2), mask.at(7, 2)], [1, 1, 0, 0]);
  });

  it('clips shapes that reach outside, and reads 0 there', () => {
    const mask = new Mask(20, 10);
    mask.fill(disc(0, 0, 100)(0), 1);
    assert.equal(area(mask), 200);
    assert.deepEqual([mask.at(-1, 0), mask.at(0, -1), mask.at(20, 0), mask.at(0, 10)], [0, 0, 0, 0]);
  });

  for (const [name, shape, expectedArea] of [
    ['disc', disc(50, 50, 20), Math.PI * 400],
    ['capsule', capsule({ x: 20, y: 30 }, { x: 70, y: 60 }, 5), Math.hypot(50, 30) * 10 + Math.PI * 25],
    ['chamfered', rectangle({ x: 50, y: 50, halfWidth: 30, halfHeight: 20, corner: 10, chamfer: true }), 2400 - 200],
    ['turned', rectangle({ x: 50, y: 50, halfWidth: 30, halfHeight: 10, angle: 0.5 }), 1200],
  ] as const) {
    it(`draws a ${name} with its area within 2 %`, () => {
      const mask = new Mask(100, 100);
      mask.fill(shape(0), 1);
      assert.ok(Math.abs(area(mask) - expectedArea) < 0.02 * expectedArea, `${area(mask)} for ${expectedArea}`);
    });
  }

  it('tells whether a shape touches what is drawn', () => {
    const mask = new Mask(60, 60);
    mask.fill(disc(30, 30, 10)(0), 1);
    assert.equal(mask.isFreeOf(disc(50, 30, 5)(0), 1), true);
    assert.equal(mask.isFreeOf(disc(50, 30, 5)(8), 1), false);
    assert.equal(mask.isFreeOf(disc(30, 30, 3)(0), 0), true);
  });

  it('marks bits without touching the others', () => {
    const mask = new Mask(4, 4);
    mask.data.fill(1);
    mask.mark(rectangle({ x: 2, y: 2, halfWidth: 1, halfHeight: 1 })(0), 4);
    assert.equal(mask.at(1, 1), 5);
    assert.equal(mask.at(0, 0), 1);
  });
});
