import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ALIGN_DEFAULTS } from '../../../src/contract/alignment';
import { ALIGN_SIDE_PX, PartTemplate } from '../../../src/detect/align/align';
import { encodeJpeg } from '../../../src/image/encode';
import { greyOf } from '../../../src/image/grey';
import { Random } from '../../../src/kit/random';
import { simulateBoard } from '../../../src/simulate/boards/board';
import { laid, restingBox, type Placement } from '../../../src/simulate/boards/place-part';

const STILL: Placement = { dx: 0, dy: 0, rotationDegrees: 0, scale: 1 };
const grey = async (board: Parameters<typeof laid>[0], placement: Placement, seed: number) =>
  greyOf(await encodeJpeg(laid(board, placement, new Random('light', seed)), 90), undefined, ALIGN_SIDE_PX);

for (const look of ['binarised', 'photo'] as const) {
  describe(`a part that moves, ${look}`, async () => {
    const board = simulateBoard({ seed: 77, look, defects: 0, defectSeed: 0 });
    const box = restingBox(board);
    const reference = await grey(board, STILL, 0);
    const template = new PartTemplate(reference, box, 15);

    const placements: Placement[] = [
      STILL,
      { dx: 250, dy: -250, rotationDegrees: 0, scale: 1 },
      { dx: 0, dy: 0, rotationDegrees: 15, scale: 1 },
      { dx: -120, dy: 80, rotationDegrees: -15, scale: 1.1 },
      { dx: -250, dy: 250, rotationDegrees: 12, scale: 0.9 },
    ];
    for (const [seed, placement] of placements.entries()) {
      it(`is found with its defects: ${JSON.stringify(placement)}`, async () => {
        const defective = simulateBoard({ seed: 77, look, defects: 6, defectSeed: 1 + seed });
        const found = template.find(await grey(defective, placement, 1 + seed));
        assert.ok(found.score > 0.7, `likeness ${found.score}`);
        assert.ok(Math.hypot(found.dx - placement.dx, found.dy - placement.dy) < 1, JSON.stringify(found));
        assert.ok(Math.abs(found.rotationDegrees - placement.rotationDegrees) < 0.1, String(found.rotationDegrees));
        assert.ok(Math.abs(found.scale / placement.scale - 1) < 0.003, String(found.scale));
        // the corner of the board, where the placement says it is
        const { a, b, tx, ty } = found.toPicture;
        const angle = (placement.rotationDegrees * Math.PI) / 180;
        const half = 320 * placement.scale;
        const x = 640 + placement.dx + half * (-Math.cos(angle) + Math.sin(angle));
        const y = 640 + placement.dy + half * (-Math.sin(angle) - Math.cos(angle));
        assert.ok(Math.hypot(a * 320 - b * 320 + tx - x, b * 320 + a * 320 + ty - y) < 2);
      });
    }

    it('is not found where another board lies, or none', async () => {
      for (const seed of [1, 2, 3]) {
        const other = simulateBoard({ seed: 1000 + seed, look, defects: 0 });
        assert.ok(template.find(await grey(other, STILL, seed)).score < ALIGN_DEFAULTS.leastScore);
      }
      const empty = { ...board, pixels: new Uint8Array(board.pixels.length).fill(60) };
      assert.ok(template.find(await grey(empty, STILL, 9)).score < ALIGN_DEFAULTS.leastScore);
    });

    it('is found upside down where any turn is allowed', async () => {
      const free = new PartTemplate(reference, box, 180);
      const found = free.find(await grey(board, { dx: 60, dy: 30, rotationDegrees: 170, scale: 1 }, 5));
      assert.ok(found.score > 0.7 && Math.abs(found.rotationDegrees - 170) < 0.1, JSON.stringify(found));
    });
  });
}

describe('a part that is taught', () => {
  const flat = { pixels: new Uint8Array(640 * 640).fill(90), width: 640, height: 640, channels: 1 as const };
  const plane = async () => greyOf(await encodeJpeg(flat, 90), undefined, ALIGN_SIDE_PX);

  it('must lie in the reference', async () => {
    const reference = await plane();
    const outside = { x: 600, y: 0, width: 100, height: 100 };
    assert.throws(
      () => new PartTemplate(reference, outside, 15),
      /Expected a box inside the 640x640 reference picture/,
    );
  });

  it('must be large enough and show something', async () => {
    const reference = await plane();
    const small = { x: 0, y: 0, width: 30, height: 30 };
    assert.throws(() => new PartTemplate(reference, small, 15), /Expected a part of at least a tenth/);
    const empty = { x: 100, y: 100, width: 300, height: 300 };
    assert.throws(() => new PartTemplate(reference, empty, 15), /Expected a part that differs from an empty surface/);
  });
});
