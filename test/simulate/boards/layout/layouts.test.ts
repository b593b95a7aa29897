import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LAYOUTS } from '../../../../src/simulate/boards/layout/layouts';
import { Random } from '../../../../src/kit/random';
import { COPPER, Sheet } from '../../../../src/simulate/boards/sheet';

describe('layouts', () => {
  for (const { name, draw } of LAYOUTS) {
    it(`${name}: copper on most boards, bare board on all`, () => {
      const shares = Array.from({ length: 8 }, (_, seed) => {
        const sheet = new Sheet(300, 10);
        draw(sheet, new Random(name, seed));
        const board = sheet.finish();
        return board.data.filter((bits) => (bits & COPPER) !== 0).length / board.data.length;
      });
      assert.ok(shares.filter((share) => share > 0.01).length >= 6, `${shares.join(' ')}`);
      assert.ok(Math.max(...shares) < 1, `${shares.join(' ')}`);
    });
  }
});
