import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../src/kit/random';
import { laid, place, PLACED_SIZE_PX, restingBox } from '../../../src/simulate/boards/place-part';
import { lineOptions, simulatePart } from '../../../src/simulate/line';

/** A grey board with one white spot of 20 px, told as its defect. */
function board() {
  const pixels = new Uint8Array(640 * 640).fill(128);
  for (let y = 100; y < 120; y++) pixels.fill(255, y * 640 + 500, y * 640 + 520);
  const box = { x: 500, y: 100, width: 20, height: 20 };
  return {
    pixels,
    width: 640,
    height: 640,
    channels: 1 as const,
    truth: [{ label: 'spot', classId: 0, box }],
    look: 'binarised' as const,
  };
}

/** Centre of everything white, px. */
function spot(pixels: Uint8Array): [number, number] {
  const [sum, xs, ys] = pixels.reduce<[number, number, number]>(
    ([n, sx, sy], value, at) =>
      value < 200 ? [n, sx, sy] : [n + 1, sx + (at % PLACED_SIZE_PX) + 0.5, sy + Math.floor(at / PLACED_SIZE_PX) + 0.5],
    [0, 0, 0],
  );
  return [xs / sum, ys / sum];
}

describe('a part on a belt', () => {
  for (const placement of [
    { dx: 0, dy: 0, rotationDegrees: 0, scale: 1 },
    { dx: 200, dy: -100, rotationDegrees: 0, scale: 1 },
    { dx: -30, dy: 40, rotationDegrees: 90, scale: 1.1 },
    { dx: 10, dy: 20, rotationDegrees: -15, scale: 0.9 },
  ]) {
    it(`lies where it is said to, and its defect with it: ${JSON.stringify(placement)}`, () => {
      const { pixels, truth } = laid(board(), placement, new Random('belt'));
      const [x, y] = spot(pixels);
      const { box } = truth[0]!;
      assert.ok(Math.abs(box.x + box.width / 2 - x) < 0.7, `${x} in ${JSON.stringify(box)}`);
      assert.ok(Math.abs(box.y + box.height / 2 - y) < 0.7, `${y} in ${JSON.stringify(box)}`);
    });
  }

  it('turns clockwise', () => {
    const { pixels } = laid(board(), { dx: 0, dy: 0, rotationDegrees: 90, scale: 1 }, new Random('belt'));
    // up and to the right of the middle; a quarter clockwise it is down and to the right
    const [x, y] = spot(pixels);
    assert.ok(x > 640 && y > 640);
  });

  it('stays within what it may', () => {
    for (let seed = 0; seed < 3; seed++) {
      const { placement } = place(board(), { shift: 0.2, turn: 15, stretch: 0.1 }, new Random('part', seed));
      assert.ok(Math.abs(placement.dx) <= 256 && Math.abs(placement.dy) <= 256);
      assert.ok(Math.abs(placement.rotationDegrees) <= 15 && Math.abs(placement.scale - 1) <= 0.1);
    }
  });

  it('is one design with other defects, where that is asked for', async () => {
    const line = { seed: 3, look: 'binarised', design: 11, defectRate: 0 } as const;
    const [one, other] = [await simulatePart(line, 0), await simulatePart(line, 1)];
    assert.equal(Math.abs(one.image.length - other.image.length) / one.image.length < 0.5, true);
    const moved = await simulatePart({ ...line, shift: 0.1, turn: 5 }, 0);
    assert.deepEqual([moved.width, moved.height], [PLACED_SIZE_PX, PLACED_SIZE_PX]);
    assert.ok(moved.placement && moved.placement.scale === 1);
    assert.deepEqual(restingBox({ width: 640, height: 640 }), { x: 320, y: 320, width: 640, height: 640 });
  });

  it('refuses what cannot be', () => {
    assert.throws(() => lineOptions({ shift: 0.3 }), /Expected a number between 0 and 0.25 for shift/);
    assert.throws(() => lineOptions({ turn: 181 }), /Expected a number between 0 and 180 for turn/);
    assert.throws(() => lineOptions({ stretch: -0.1 }), /Expected a number between 0 and 0.2 for stretch/);
  });
});
