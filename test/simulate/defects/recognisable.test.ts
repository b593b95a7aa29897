import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawCopper } from '../../../src/simulate/board';
import { isNoDesignedSpot, leavesTheShape } from '../../../src/simulate/defects/recognisable';
import { Mask } from '../../../src/simulate/mask';
import { disc } from './disc';

describe('isNoDesignedSpot', () => {
  it('takes discs and squares for designed spots, longer and thinner figures for defects', () => {
    for (const radius of [3, 5, 9]) {
      assert.equal(isNoDesignedSpot(disc(radius).area, disc(radius).box), false, `disc of radius ${radius}`);
    }
    assert.equal(isNoDesignedSpot(100, { x: 0, y: 0, width: 10, height: 10 }), false);
    assert.equal(isNoDesignedSpot(60, { x: 0, y: 0, width: 12, height: 6 }), true);
    assert.equal(isNoDesignedSpot(40, { x: 0, y: 0, width: 10, height: 10 }), true);
  });
});

describe('leavesTheShape', () => {
  it('refuses a bite that takes nearly all of a small pad, not the same bite out of a plane', () => {
    const pad = new Mask(40, 40);
    for (let y = 15; y < 25; y++) for (let x = 15; x < 25; x++) pad.data[y * 40 + x] = 1;
    const around = { x: 8, y: 8, width: 24, height: 24 };
    assert.equal(leavesTheShape(pad, 60, around, 1), false);
    assert.equal(leavesTheShape(pad, 30, around, 1), true);
    assert.equal(leavesTheShape(new Mask(40, 40, new Uint8Array(1600).fill(1)), 60, around, 1), true);
  });

  it('counts the part of the surroundings that lies in the picture', () => {
    const plane = new Mask(10, 10, new Uint8Array(100).fill(1));
    const around = { x: -8, y: -8, width: 16, height: 16 };
    assert.equal(leavesTheShape(plane, 25, around, 1), true);
    assert.equal(leavesTheShape(plane, 26, around, 1), false);
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
        assert.ok(isNoDesignedSpot(area, changed), `seed ${seed}: ${label} ${JSON.stringify(changed)}`);
      }
    }
  });
});
