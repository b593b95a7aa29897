import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { InspectionError } from '../../../src/contract/errors';
import {
  BOARD_SIZE_PX,
  BOX_MARGIN_PX,
  drawCopper,
  simulateBoard,
  type BoardOptions,
  type DrawnLook,
} from '../../../src/simulate/boards/board';
import { DEFECT_CLASSES } from '../../../src/simulate/boards/defects/kinds';

const LOOKS: DrawnLook[] = ['binarised', 'photo'];

function fingerprint(options: BoardOptions): string {
  const { pixels, truth } = simulateBoard(options);
  return createHash('sha256').update(pixels).update(JSON.stringify(truth)).digest('hex');
}

describe('simulateBoard', () => {
  for (const look of LOOKS) {
    it(`draws the same ${look} board for the same seed, and another for another`, () => {
      const first = fingerprint({ seed: 5, look });
      assert.equal(fingerprint({ seed: 5, look }), first);
      assert.notEqual(fingerprint({ seed: 6, look }), first);
    });

    it(`draws a clean ${look} board without truth`, () => {
      for (const defects of [0, []]) assert.deepEqual(simulateBoard({ seed: 3, look, defects }).truth, []);
    });
  }

  it('delivers grey for binarised, black and white only, and RGB for photo', () => {
    const binarised = simulateBoard({ seed: 2, look: 'binarised' });
    assert.equal(binarised.channels, 1);
    assert.equal(binarised.pixels.length, BOARD_SIZE_PX ** 2);
    assert.deepEqual([...new Set(binarised.pixels)].sort(), [0, 255]);
    const photo = simulateBoard({ seed: 2, look: 'photo' });
    assert.equal(photo.channels, 3);
    assert.equal(photo.pixels.length, 3 * BOARD_SIZE_PX ** 2);
  });

  it('mixes both looks by the seed', () => {
    const looks = new Set(
      [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => simulateBoard({ seed, look: 'mixed', defects: 0 }).look),
    );
    assert.deepEqual([...looks].sort(), LOOKS);
  });

  it('places all the defects that are asked for by name', () => {
    const defects = ['copper', 'short', 'spur', 'copper', 'pin-hole'] as const;
    for (let seed = 0; seed < 8; seed++) {
      const { truth } = simulateBoard({ seed, look: 'binarised', defects });
      assert.deepEqual(
        truth.map(({ label }) => label),
        defects,
        `seed ${seed}`,
      );
      assert.deepEqual(
        truth.map(({ classId }) => classId),
        [4, 1, 3, 4, 5],
      );
    }
  });

  it('draws the same board without defects for the same seed', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { pixels } = simulateBoard({ seed, look: 'binarised' });
      const { pixels: reference } = simulateBoard({ seed, look: 'binarised', defects: 0 });
      const { defects } = drawCopper({ seed, look: 'binarised' }, 'binarised');
      const differing = pixels.reduce((sum, value, i) => sum + (value === reference[i] ? 0 : 1), 0);
      const area = defects.reduce((sum, { changed }) => sum + changed.width * changed.height, 0);
      assert.ok(differing > 0 && differing <= area, `seed ${seed}: ${differing} px of ${area}`);
    }
  });

  it('keeps every truth box inside the picture, BOX_MARGIN_PX around the changed pixels', () => {
    for (let seed = 0; seed < 15; seed++) {
      const { defects } = drawCopper({ seed, look: 'binarised' }, 'binarised');
      const { truth } = simulateBoard({ seed, look: 'binarised' });
      assert.equal(truth.length, defects.length);
      truth.forEach(({ box }, i) => {
        const changed = defects[i]?.changed ?? { x: 0, y: 0, width: 0, height: 0 };
        assert.equal(box.x, Math.max(0, changed.x - BOX_MARGIN_PX));
        assert.equal(box.y, Math.max(0, changed.y - BOX_MARGIN_PX));
        assert.equal(box.x + box.width, Math.min(BOARD_SIZE_PX, changed.x + changed.width + BOX_MARGIN_PX));
        assert.equal(box.y + box.height, Math.min(BOARD_SIZE_PX, changed.y + changed.height + BOX_MARGIN_PX));
      });
    }
  });

  const BAD: [string, object, RegExp][] = [
    ['a negative seed', { seed: -1 }, /Expected a whole number between 0 and \d+ for seed but received -1/],
    ['a broken seed', { seed: 1.5 }, /for seed but received 1\.5/],
    ['an unknown look', { look: 'x-ray' }, /Expected one of binarised, photo, mixed for look but received "x-ray"/],
    ['too many defects', { defects: 31 }, /Expected a whole number between 0 and 30 for defects but received 31/],
    ['an unknown defect', { defects: ['scratch'] }, /for defects but received "scratch"/],
    ['a negative margin', { boxMarginPx: -1 }, /for boxMarginPx but received -1/],
  ];
  for (const [name, options, message] of BAD) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => simulateBoard({ seed: 1, look: 'binarised', ...options }),
        (error) => error instanceof InspectionError && error.code === 'BAD_ARGUMENT' && message.test(error.message),
      );
    });
  }
});

describe('drawCopper', () => {
  it('changes nothing outside the boxes, and every box is tight around what it changed', () => {
    for (let seed = 0; seed < 25; seed++) {
      const { copper, mask, defects } = drawCopper({ seed, look: 'binarised' }, 'binarised');
      const differs = (x: number, y: number) => copper.at(x, y) !== mask.at(x, y);
      let outside = 0;
      for (let y = 0; y < mask.height; y++) {
        for (let x = 0; x < mask.width; x++) {
          if (!differs(x, y)) continue;
          const inside = defects.some(
            ({ changed: c }) => x >= c.x && y >= c.y && x < c.x + c.width && y < c.y + c.height,
          );
          if (!inside) outside++;
        }
      }
      assert.equal(outside, 0, `seed ${seed}`);
      for (const { label, changed: c } of defects) {
        const row = (y: number) => Array.from({ length: c.width }, (_, i) => differs(c.x + i, y)).some(Boolean);
        const column = (x: number) => Array.from({ length: c.height }, (_, i) => differs(x, c.y + i)).some(Boolean);
        const sides = [row(c.y), row(c.y + c.height - 1), column(c.x), column(c.x + c.width - 1)];
        assert.deepEqual(sides, [true, true, true, true], `seed ${seed} ${label}`);
      }
    }
  });

  it('draws the classes about equally often, and 3 to 12 defects a board', () => {
    const counts = new Map<string, number>();
    let total = 0;
    for (let seed = 0; seed < 60; seed++) {
      const { defects } = drawCopper({ seed, look: 'binarised' }, 'binarised');
      assert.ok(defects.length >= 1 && defects.length <= 12);
      for (const { label } of defects) counts.set(label, (counts.get(label) ?? 0) + 1);
      total += defects.length;
    }
    assert.ok(total / 60 > 5.5 && total / 60 < 8, `${total / 60} defects a board`);
    for (const label of DEFECT_CLASSES) {
      const share = (counts.get(label) ?? 0) / total;
      assert.ok(share > 0.1 && share < 0.23, `${label}: ${share}`);
    }
  });
});
