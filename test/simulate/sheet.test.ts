import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capsule, disc, rectangle } from '../../src/simulate/shapes';
import { COPPER, DRILL, Sheet } from '../../src/simulate/sheet';

describe('Sheet.finish', () => {
  const sheet = () => {
    const made = new Sheet(100, 0);
    made.copper(rectangle({ x: 50, y: 25, halfWidth: 30, halfHeight: 15 }));
    made.copper(capsule({ x: 0, y: 80 }, { x: 100, y: 80 }, 4));
    return made;
  };
  const drilled = (x: number, y: number, radius = 5) => {
    const made = sheet();
    made.hole(disc(x, y, radius));
    const bits = made.finish().at(x, y);
    return { hole: (bits & DRILL) !== 0, copper: (bits & COPPER) !== 0 };
  };

  it('drills where copper is all around, and where none is', () => {
    assert.deepEqual(drilled(50, 25), { hole: true, copper: false });
    assert.deepEqual(drilled(50, 60), { hole: true, copper: false });
  });

  it('does not drill through a trace or an edge: that would be a defect that no truth tells of', () => {
    assert.deepEqual(drilled(50, 80), { hole: false, copper: true });
    assert.deepEqual(drilled(50, 39), { hole: false, copper: true });
    // the ring that would be left is too thin
    assert.deepEqual(drilled(50, 34, 5.2), { hole: false, copper: true });
  });
});
