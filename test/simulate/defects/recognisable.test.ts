import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Rectangle } from '../../../src/frame/frame';
import { drawCopper } from '../../../src/simulate/board';
import { isNoDesignedSpot, leavesTheShape } from '../../../src/simulate/defects/recognisable';
import { Mask } from '../../../src/simulate/mask';

/** The pixels of a disc: their number and bounds. */
function disc(radius: number): { areaPx: number; bounds: Rectangle } {
  let areaPx = 0;
  for (let y = -radius; y <= radius; y++)
    for (let x = -radius; x <= radius; x++) if (x * x + y * y <= radius ** 2) areaPx++;
  return { areaPx, bounds: box(2 * radius + 1, 2 * radius + 1) };
}

const box = (width: number, height: number): Rectangle => ({ x: 0, y: 0, width, height });

describe('isNoDesignedSpot', () => {
  it('takes discs and squares for designed spots, longer and thinner figures for defects', () => {
    for (const radius of [3, 5, 9]) {
      assert.equal(isNoDesignedSpot(disc(radius)), false, `disc of radius ${radius}`);
    }
    assert.equal(isNoDesignedSpot({ areaPx: 100, bounds: box(10, 10) }), false);
    assert.equal(isNoDesignedSpot({ areaPx: 60, bounds: box(12, 6) }), true);
    assert.equal(isNoDesignedSpot({ areaPx: 40, bounds: box(10, 10) }), true);
  });
});

describe('leavesTheShape', () => {
  it('refuses a bite that takes nearly all of a small pad, not the same bite out of a plane', () => {
    const pad = new Mask(40, 40);
    for (let y = 15; y < 25; y++) for (let x = 15; x < 25; x++) pad.data[y * 40 + x] = 1;
    const plane = new Mask(40, 40, new Uint8Array(1600).fill(1));
    const around = { x: 8, y: 8, width: 24, height: 24 };
    assert.equal(leavesTheShape({ before: pad, was: 1, areaPx: 60, around }), false);
    assert.equal(leavesTheShape({ before: pad, was: 1, areaPx: 30, around }), true);
    assert.equal(leavesTheShape({ before: plane, was: 1, areaPx: 60, around }), true);
  });

  it('counts the part of the surroundings that lies in the picture', () => {
    const plane = new Mask(10, 10, new Uint8Array(100).fill(1));
    const around = { x: -8, y: -8, width: 16, height: 16 };
    assert.equal(leavesTheShape({ before: plane, was: 1, areaPx: 25, around }), true);
    assert.equal(leavesTheShape({ before: plane, was: 1, areaPx: 26, around }), false);
  });
});

describe('drawn boards', () => {
  it('hold no island and no hole that is a plain spot', () => {
    for (let seed = 0; seed < 12; seed++) {
      const { copper, mask, defects } = drawCopper({ seed, look: 'binarised', defects: 20 }, 'binarised');
      for (const { label, changed } of defects) {
        if (label !== 'copper' && label !== 'pin-hole') continue;
        let area = 0;
        for (let y = changed.y; y < changed.y + changed.height; y++) {
          for (let x = changed.x; x < changed.x + changed.width; x++) {
            if (copper.at(x, y) !== mask.at(x, y)) area++;
          }
        }
        assert.ok(
          isNoDesignedSpot({ areaPx: area, bounds: changed }),
          `seed ${seed}: ${label} ${JSON.stringify(changed)}`,
        );
      }
    }
  });
});
