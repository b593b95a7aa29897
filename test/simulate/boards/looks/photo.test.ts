import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { drawCopper, simulateBoard } from '../../../../src/simulate/boards/board';
import { blur, soften } from '../../../../src/simulate/boards/looks/optics';
import { photo, uncover } from '../../../../src/simulate/boards/looks/photo';
import { Mask } from '../../../../src/simulate/boards/mask';
import { Random } from '../../../../src/kit/random';
import { DRILL, OPENING, SILK } from '../../../../src/simulate/boards/sheet';

describe('photo', () => {
  it('shows every defect, also under silk and in holes, and leaves the rest alone', () => {
    for (let seed = 0; seed < 8; seed++) {
      const { copper, mask, defects, layers } = drawCopper({ seed, look: 'photo' }, 'photo');
      const { pixels: defective } = simulateBoard({ seed, look: 'photo' });
      // the same board without defects, and with the same legend: what lies near a defect is not printed
      uncover(copper, mask, layers);
      const clean = photo(copper, layers, new Random('look', seed));
      const difference = (x: number, y: number) => {
        const at = 3 * (y * mask.width + x);
        return Math.max(...[0, 1, 2].map((c) => Math.abs((clean[at + c] ?? 0) - (defective[at + c] ?? 0))));
      };
      for (const { label, changed: c } of defects) {
        let most = 0;
        for (let y = c.y; y < c.y + c.height; y++) {
          for (let x = c.x; x < c.x + c.width; x++) most = Math.max(most, difference(x, y));
        }
        assert.ok(most >= 8, `seed ${seed} ${label}: ${most} grey levels`);
      }
      let far = 0;
      for (let y = 2; y < mask.height; y += 9) {
        for (let x = 2; x < mask.width; x += 9) {
          const near = defects.some(
            ({ changed: c }) => x > c.x - 8 && y > c.y - 8 && x < c.x + c.width + 8 && y < c.y + c.height + 8,
          );
          if (!near) far = Math.max(far, difference(x, y));
        }
      }
      assert.ok(far <= 6, `seed ${seed}: ${far} grey levels far from any defect`);
    }
  });

  it('is exposed: neither black nor burnt out', () => {
    for (let seed = 0; seed < 12; seed++) {
      const { pixels } = simulateBoard({ seed, look: 'photo', defects: 0 });
      const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
      assert.ok(mean > 25 && mean < 190, `seed ${seed}: mean ${mean}`);
      const burnt = pixels.filter((value) => value === 255).length / pixels.length;
      assert.ok(burnt < 0.35, `seed ${seed}: ${burnt} burnt`);
    }
  });
});

describe('exposure', () => {
  it('holds highlights: large shining pads on a dark board are seldom bleached', () => {
    const size = 128;
    const copper = new Mask(size, size);
    const layers = new Uint8Array(size * size);
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        copper.data[y * size + x] = 1;
        layers[y * size + x] = OPENING;
      }
    }
    let boards = 0;
    for (let seed = 0; seed < 40; seed++) {
      const pixels = photo(copper, layers, new Random('pads', seed));
      let bleached = 0;
      for (let y = 4; y < 28; y++) {
        for (let x = 4; x < 28; x++) if (pixels[3 * (y * size + x) + 1] === 255) bleached++;
      }
      if (bleached > 0.3 * 24 * 24) boards++;
    }
    // the lamp's hot spot still does it now and then; without holding highlights it is every second board
    assert.ok(boards <= 6, `${boards} of 40 boards`);
  });
});

describe('uncover', () => {
  it('takes whole figures of silk off a defect and 8 px around it, holes off the defect alone', () => {
    const clean = new Mask(30, 2);
    const mask = clean.clone();
    mask.data[5] = 1;
    const layers = new Uint8Array(60).fill(DRILL | OPENING);
    // a figure that comes within 8 px, and one that does not
    for (const x of [13, 14, 15, 16, 17]) layers[x] = SILK | DRILL | OPENING;
    for (const x of [19, 20]) layers[30 + x] = SILK | DRILL | OPENING;
    uncover(clean, mask, layers);
    assert.deepEqual(
      [...layers].flatMap((bits, i) => ((bits & SILK) !== 0 ? [i] : [])),
      [49, 50],
    );
    assert.deepEqual(
      [...layers].flatMap((bits, i) => ((bits & DRILL) === 0 ? [i] : [])),
      [5],
    );
    assert.ok(layers.every((bits) => (bits & OPENING) !== 0));
  });
});

describe('optics', () => {
  it('blurs without changing the brightness of an even picture', () => {
    for (const [radius, passes] of [
      [1, 1],
      [2, 3],
    ] as const) {
      const plane = new Float32Array(20 * 20).fill(77);
      blur(plane, 20, radius, passes);
      for (const value of plane) assert.ok(Math.abs(value - 77) < 0.01, `radius ${radius}: ${value}`);
    }
    const plane = new Float32Array(20 * 20).fill(77);
    soften(plane, 20, 2);
    for (const value of plane) assert.ok(Math.abs(value - 77) < 0.01);
  });

  it('spreads a point over the box and keeps its sum', () => {
    const plane = new Float32Array(21 * 21);
    plane[10 * 21 + 10] = 90;
    blur(plane, 21, 1, 1);
    assert.ok(Math.abs((plane[9 * 21 + 11] ?? 0) - 10) < 1e-4);
    assert.ok(Math.abs(plane.reduce((sum, value) => sum + value, 0) - 90) < 1e-3);
  });
});
