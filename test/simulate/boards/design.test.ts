import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulateBoard } from '../../../src/simulate/boards/board';

describe('boards of one design', () => {
  it('differ only in their defects', () => {
    const good = simulateBoard({ seed: 21, look: 'binarised', defectSeed: 1, defects: 0 });
    const truths = [1, 2, 3].map((defectSeed) => {
      const board = simulateBoard({ seed: 21, look: 'binarised', defectSeed, defects: 3 });
      for (const [at, value] of board.pixels.entries()) {
        if (Math.abs(value - good.pixels[at]!) < 100) continue;
        const [x, y] = [at % 640, Math.floor(at / 640)];
        assert.ok(
          board.truth.some(({ box }) => x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height),
        );
      }
      return JSON.stringify(board.truth);
    });
    assert.equal(new Set(truths).size, 3);
  });
});
