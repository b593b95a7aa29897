import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { countPieces } from '../../../src/simulate/defects/topology';
import { Mask } from '../../../src/simulate/mask';

function mask(...rows: string[]): Mask {
  const width = rows[0]?.length ?? 0;
  return new Mask(
    width,
    rows.length,
    Uint8Array.from(rows.join(''), (char) => (char === '#' ? 1 : 0)),
  );
}

const TABLE: { name: string; rows: string[]; minArea?: number; copper: number; bare: number }[] = [
  { name: 'nothing', rows: ['....', '....'], copper: 0, bare: 1 },
  { name: 'one trace parts the board', rows: ['....', '####', '....'], copper: 1, bare: 2 },
  { name: 'a cut trace', rows: ['.....', '##.##', '.....'], copper: 2, bare: 1 },
  { name: 'copper joins over corners, bare board does not', rows: ['#.', '.#'], copper: 1, bare: 2 },
  { name: 'a hole', rows: ['###', '#.#', '###'], copper: 1, bare: 1 },
  { name: 'a speck too small to count', rows: ['.....', '.#...', '.....'], minArea: 2, copper: 0, bare: 1 },
];

describe('countPieces', () => {
  for (const { name, rows, minArea, copper, bare } of TABLE) {
    it(name, () => {
      const picture = mask(...rows);
      assert.deepEqual(countPieces(picture, 0, 0, picture.width, picture.height, minArea ?? 1), { copper, bare });
    });
  }

  it('looks at its window alone and clips it to the picture', () => {
    const picture = mask('#.#', '#.#', '#.#');
    assert.deepEqual(countPieces(picture, -5, -5, 2, 50, 1), { copper: 1, bare: 1 });
    assert.deepEqual(countPieces(picture, 5, 5, 9, 9, 1), { copper: 0, bare: 0 });
  });
});
