import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  hasArea,
  moveAll,
  moveCorner,
  rectangle,
  removeCorner,
  splitEdge,
  type Point,
} from '../../../nodes/defect-alert/dialog/zone-shapes';

const SQUARE: Point[] = rectangle([0.2, 0.2], [0.4, 0.4]);

describe('the corners of a zone', () => {
  it('a rectangle is the same from whichever corner it is drawn', () => {
    assert.deepEqual(rectangle([0.4, 0.4], [0.2, 0.2]), SQUARE);
    assert.deepEqual(rectangle([0.4, 0.2], [0.2, 0.4]), SQUARE);
    assert.deepEqual(rectangle([-1, 0.5], [2, 0.62345])[2], [1, 0.623]);
  });

  it('a corner moves alone and stays in the picture', () => {
    assert.deepEqual(moveCorner(SQUARE, 0, -0.5, 0.1), [[0, 0.3], ...SQUARE.slice(1)]);
  });

  it('all move together and keep their shape at the edge', () => {
    assert.deepEqual(moveAll(SQUARE, 0.9, -0.1), rectangle([0.8, 0.1], [1, 0.3]));
    assert.deepEqual(moveAll(SQUARE, -0.9, 0), rectangle([0, 0.2], [0.2, 0.4]));
  });

  it('corners are added half way and taken away down to three', () => {
    assert.deepEqual(splitEdge(SQUARE, 3)[4], [0.2, 0.3]);
    const three = removeCorner(SQUARE, 1);
    assert.equal(three.length, 3);
    assert.equal(removeCorner(three, 0).length, 3);
    assert.equal(
      splitEdge(
        Array.from({ length: 64 }, (): Point => [0, 0]),
        0,
      ).length,
      64,
    );
  });

  it('a click is no zone', () => {
    assert.equal(hasArea(rectangle([0.2, 0.2], [0.2, 0.9])), false);
    assert.equal(hasArea(SQUARE), true);
  });
});
