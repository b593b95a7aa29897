import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseMaterials, type Colour } from '../../../../src/simulate/boards/looks/materials';
import { Random } from '../../../../src/kit/random';

const luma = ([red, green, blue]: Colour) => 0.3 * red + 0.59 * green + 0.11 * blue;

describe('chooseMaterials', () => {
  it('makes copper stand out from the board, and pads from the laminate, on every board', () => {
    for (let seed = 0; seed < 300; seed++) {
      const { copper, bare, pad, laminate } = chooseMaterials(new Random('materials', seed));
      assert.ok(luma(copper) >= 1.4 * luma(bare), `seed ${seed}: ${String(copper)} on ${String(bare)}`);
      assert.ok(luma(pad) >= 1.4 * luma(laminate), `seed ${seed}: ${String(pad)} on ${String(laminate)}`);
    }
  });
});
