import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { areaOfPieces, countPieces, grownByOne } from '../../../../src/simulate/boards/defects/topology';
import { Mask } from '../../../../src/simulate/boards/mask';

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

describe('areaOfPieces', () => {
  const picture = mask('##..##', '##..#.', '......', '.#####');
  const window = { x: 0, y: 0, width: 6, height: 4 };
  it('adds up the pieces that hold the pixels, each once', () => {
    assert.equal(areaOfPieces(picture, window, [0, 1], 1), 4);
    assert.equal(areaOfPieces(picture, window, [0, 4], 1), 7);
    // bare board does not join over corners
    assert.equal(areaOfPieces(mask('#.', '.#'), { x: 0, y: 0, width: 2, height: 2 }, [1], 0), 1);
  });

  it('leaves out pixels of the other value and what lies outside the window', () => {
    assert.equal(areaOfPieces(picture, window, [2], 1), 0);
    assert.equal(areaOfPieces(picture, { x: -5, y: 3, width: 9, height: 9 }, [19, 4], 1), 3);
  });
});

describe('grownByOne', () => {
  it('makes copper or bare board a pixel thicker on every side', () => {
    const picture = mask('.....', '.....', '..#..', '.....', '.....');
    const all = { x: 0, y: 0, width: 5, height: 5 };
    assert.deepEqual(
      [...grownByOne(picture, all, 1).data],
      [...mask('.....', '.###.', '.###.', '.###.', '.....').data],
    );
    assert.deepEqual(
      [...grownByOne(picture, all, 0).data],
      [...mask('.....', '.....', '.....', '.....', '.....').data],
    );
  });

  it('sees beyond its window, which is clipped to the picture', () => {
    const picture = mask('...', '..#', '...');
    assert.deepEqual([...grownByOne(picture, { x: -3, y: 0, width: 5, height: 1 }, 1).data], [0, 1]);
  });
});
