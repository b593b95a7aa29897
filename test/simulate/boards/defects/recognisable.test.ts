import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rectangle } from '../../../../src/contract/frame';
import { drawCopper } from '../../../../src/simulate/boards/board';
import {
  isNoDesignedSpot,
  isPlainlyAtAnEdge,
  isSmallBesideJoined,
  leavesBothSides,
  leavesTheShape,
  standsOut,
  type Change,
} from '../../../../src/simulate/boards/defects/recognisable';
import { Mask } from '../../../../src/simulate/boards/mask';

const SIZE = 80;

/** A picture of one value but for what lies in the rectangles. */
function picture(value: 0 | 1, ...others: Rectangle[]): Mask {
  const mask = new Mask(SIZE, SIZE, new Uint8Array(SIZE * SIZE).fill(value));
  for (const other of others) for (const pixel of inside(other)) mask.data[pixel] = 1 - value;
  return mask;
}

function inside({ x, y, width, height }: Rectangle): number[] {
  return Array.from({ length: width * height }, (_, i) => (y + Math.floor(i / width)) * SIZE + x + (i % width));
}

const box = (x: number, y: number, width: number, height: number): Rectangle => ({ x, y, width, height });

/** A rectangular defect. */
function change(before: Mask, bounds: Rectangle, was: 0 | 1 = 1): Change {
  return { before, was, bounds, pixels: inside(bounds) };
}

/** The pixels of a disc or an ellipse. */
function ellipse(a: number, b: number): Pick<Change, 'pixels' | 'bounds'> {
  const pixels: number[] = [];
  for (let y = -b; y <= b; y++) {
    for (let x = -a; x <= a; x++) if ((x / a) ** 2 + (y / b) ** 2 <= 1) pixels.push((y + b) * SIZE + x + a);
  }
  return { pixels, bounds: box(0, 0, 2 * a + 1, 2 * b + 1) };
}

describe('isNoDesignedSpot', () => {
  it('takes discs, squares and what is nearly round for designed spots, longer and thinner figures for defects', () => {
    for (const radius of [3, 5, 9]) assert.equal(isNoDesignedSpot(ellipse(radius, radius)), false, `disc ${radius}`);
    assert.equal(isNoDesignedSpot(ellipse(10, 9)), false);
    assert.equal(isNoDesignedSpot(ellipse(10, 6)), true);
    assert.equal(isNoDesignedSpot({ pixels: inside(box(0, 0, 10, 10)), bounds: box(0, 0, 10, 10) }), false);
    assert.equal(isNoDesignedSpot({ pixels: inside(box(0, 0, 12, 5)), bounds: box(0, 0, 12, 5) }), true);
  });
});

describe('leavesTheShape', () => {
  it('refuses a bite that takes more than a fifth of a lone pad, not the same bite out of a plane', () => {
    const pad = picture(0, box(30, 30, 20, 20));
    assert.equal(leavesTheShape(change(pad, box(30, 30, 8, 10))), true);
    assert.equal(leavesTheShape(change(pad, box(30, 30, 9, 10))), false);
    assert.equal(leavesTheShape(change(picture(1), box(30, 30, 9, 10))), true);
  });

  it('does not count other pieces that are near', () => {
    const beside = picture(0, box(30, 30, 20, 20), box(55, 0, 20, 80));
    assert.equal(leavesTheShape(change(beside, box(30, 30, 9, 10))), false);
  });

  it('is less strict with a cut, which has to take all of a conductor’s width', () => {
    const pad = picture(0, box(30, 30, 20, 20));
    assert.equal(leavesBothSides(change(pad, box(36, 30, 7, 20))), true);
    assert.equal(leavesBothSides(change(pad, box(36, 30, 8, 20))), false);
  });
});

describe('isSmallBesideJoined', () => {
  it('refuses a spur larger than the dot it sits on, and a bite that swallows a hole', () => {
    const dot = picture(0, box(30, 30, 10, 10));
    assert.equal(isSmallBesideJoined(change(dot, box(40, 32, 5, 4), 0)), true);
    assert.equal(isSmallBesideJoined(change(dot, box(40, 32, 7, 3), 0)), false);
    const hole = picture(1, box(30, 30, 10, 10));
    assert.equal(isSmallBesideJoined(change(hole, box(40, 32, 7, 3), 1)), false);
  });
});

describe('standsOut', () => {
  const plane = picture(0, box(0, 40, 80, 40));
  it('asks for a reach of 4 px from the edge', () => {
    assert.equal(standsOut(change(plane, box(30, 40, 12, 3))), false);
    assert.equal(standsOut(change(plane, box(30, 40, 12, 4))), true);
    assert.equal(standsOut(change(plane, box(30, 37, 12, 3), 0)), false);
    assert.equal(standsOut(change(plane, box(30, 36, 12, 4), 0)), true);
  });

  it('is content with the middle of a narrow trace', () => {
    const trace = picture(0, box(0, 40, 80, 5));
    assert.equal(standsOut(change(trace, box(30, 40, 12, 2))), false);
    assert.equal(standsOut(change(trace, box(30, 40, 12, 3))), true);
  });
});

/** The pixels that a placed defect changed. */
function changeOf(copper: Mask, mask: Mask, bounds: Rectangle): Change {
  const pixels: number[] = [];
  for (let y = bounds.y; y < bounds.y + bounds.height; y++) {
    for (let x = bounds.x; x < bounds.x + bounds.width; x++) {
      if (copper.at(x, y) !== mask.at(x, y)) pixels.push(y * copper.width + x);
    }
  }
  return { before: copper, was: copper.data[pixels[0] as number] === 1 ? 1 : 0, pixels, bounds };
}

describe('drawn boards', () => {
  const boards = Array.from({ length: 8 }, (_, seed) =>
    drawCopper({ seed, look: 'binarised', defects: 8 }, 'binarised'),
  );
  const changes = boards.flatMap(({ copper, mask, defects }) =>
    defects.map(({ label, changed }) => ({ label, change: changeOf(copper, mask, changed) })),
  );

  it('hold no island and no hole that is a plain spot', () => {
    const spots = changes.filter(({ label }) => label === 'copper' || label === 'pin-hole');
    assert.ok(spots.length > 10);
    for (const { label, change } of spots)
      assert.ok(isNoDesignedSpot(change), `${label} ${JSON.stringify(change.bounds)}`);
  });

  for (const label of ['mousebite', 'spur'] as const) {
    it(`hold ${label}s that are plainly at an edge`, () => {
      // one a board: a later defect may change what is around an earlier one
      for (let seed = 0; seed < 25; seed++) {
        const { copper, mask, defects } = drawCopper({ seed, look: 'binarised', defects: [label] }, 'binarised');
        for (const { changed } of defects)
          assert.ok(isPlainlyAtAnEdge(changeOf(copper, mask, changed)), `seed ${seed}: ${JSON.stringify(changed)}`);
      }
    });
  }
});
