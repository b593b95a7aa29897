import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capsule, disc, rectangle } from '../../../src/simulate/boards/shapes';
import { COPPER, DRILL, Sheet } from '../../../src/simulate/boards/sheet';

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

  it('drills no hole into another one, but for slots that are drilled hole by hole', () => {
    const holes = (overlaps: boolean) => {
      const made = sheet();
      made.hole(disc(40, 25, 5), overlaps);
      made.hole(disc(48, 25, 5), overlaps);
      return [40, 48].map((x) => (made.finish().at(x, 25) & DRILL) !== 0);
    };
    assert.deepEqual(holes(false), [true, false]);
    assert.deepEqual(holes(true), [true, true]);
  });
});

describe('Sheet.dropSlivers', () => {
  it('takes away small pieces of copper and leaves large ones', () => {
    const made = new Sheet(100, 0);
    made.copper(rectangle({ x: 50, y: 30, halfWidth: 40, halfHeight: 20 }));
    made.copper(rectangle({ x: 50, y: 80, halfWidth: 10, halfHeight: 10 }));
    made.dropSlivers();
    assert.equal(made.mask.at(50, 30), 1);
    assert.equal(made.mask.at(50, 80), 0);
  });

  it('is done by a pour, before what was drawn comes back', () => {
    const made = new Sheet(100, 0);
    for (const x of [40, 60]) made.copper(capsule({ x, y: -20 }, { x, y: 120 }, 2));
    made.flood(rectangle({ x: 50, y: 50, halfWidth: 60, halfHeight: 60 }), 5);
    // 6 px of pour would be left between the two traces
    assert.equal(made.mask.at(50, 50), 0);
    assert.equal(made.mask.at(40, 50), 1);
    assert.equal(made.mask.at(10, 50), 1);
  });
});
