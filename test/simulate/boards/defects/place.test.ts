import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFECT_CLASSES, type DefectClass } from '../../../../src/simulate/boards/defects/kinds';
import { placeDefects } from '../../../../src/simulate/boards/defects/place';
import { countPieces, grownByOne, type Pieces } from '../../../../src/simulate/boards/defects/topology';
import { Mask } from '../../../../src/simulate/boards/mask';
import { Random } from '../../../../src/kit/random';
import { rectangle } from '../../../../src/simulate/boards/shapes';

const SIZE = 200;
/** Four traces from rim to rim. */
function traces(halfHeight: number, pitch: number): Mask {
  const mask = new Mask(SIZE, SIZE);
  for (let i = 0; i < 4; i++) mask.fill(rectangle({ x: 100, y: 34 + i * pitch, halfWidth: 150, halfHeight })(0), 1);
  return mask;
}

/** Wide traces leave room; on narrow ones a bite easily cuts and a spur easily bridges. */
const BOARDS = { wide: () => traces(10, 44), narrow: () => traces(5, 18) };

function pieces(mask: Mask): Pieces {
  return countPieces(mask, 0, 0, SIZE, SIZE, 12);
}

/** What each defect does to four traces (copper 4, bare board 5), and whether it adds copper. */
const EFFECTS: Record<DefectClass, { copper: number; bare: number; adds: boolean }> = {
  open: { copper: 5, bare: 4, adds: false },
  short: { copper: 3, bare: 6, adds: true },
  mousebite: { copper: 4, bare: 5, adds: false },
  spur: { copper: 4, bare: 5, adds: true },
  copper: { copper: 5, bare: 5, adds: true },
  'pin-hole': { copper: 4, bare: 6, adds: false },
};

describe('placeDefects', () => {
  const cases = DEFECT_CLASSES.flatMap((label) => [
    [label, 'wide', BOARDS.wide] as const,
    // a hole with copper all around finds no place on a narrow trace
    ...(label === 'pin-hole' ? [] : [[label, 'narrow', BOARDS.narrow] as const]),
  ]);
  for (const [label, width, draw] of cases) {
    it(`makes a ${label} that is one on ${width} traces, 40 times over`, () => {
      for (let seed = 0; seed < 40; seed++) {
        const mask = draw();
        const clean = mask.clone();
        const placed = placeDefects(mask, new Random(label, seed), [label]);
        assert.equal(placed.length, 1, `seed ${seed}`);
        const after = pieces(mask);
        const { copper, bare, adds } = EFFECTS[label];
        // a scribbled cut may leave an island, and crumbling copper come in pieces
        const crumbs = ['open', 'copper', 'short'].includes(label) ? 3 : 0;
        assert.ok(after.copper >= copper && after.copper <= copper + crumbs, `seed ${seed}: copper ${after.copper}`);
        // a scribbled bridge may enclose more than one piece of bare board
        const isBare = label === 'short' ? after.bare >= bare : after.bare === bare;
        assert.ok(label === 'open' || isBare, `seed ${seed}: bare ${after.bare}`);
        const changed = mask.data.findIndex((value, i) => value !== clean.data[i]);
        assert.equal(mask.data[changed], adds ? 1 : 0);
        assert.ok(mask.data.every((value, i) => value === clean.data[i] || value === (adds ? 1 : 0)));
      }
    });
  }

  it('places nothing that is a defect of its class in one camera’s eyes only', () => {
    // traces 7 px apart: a spur 4 px high or more ends too near to the next one to be told from a short
    for (let seed = 0; seed < 40; seed++) {
      const mask = traces(5, 17);
      const clean = mask.clone();
      for (const { changed } of placeDefects(mask, new Random('near', seed), ['spur', 'mousebite'])) {
        for (const value of [0, 1] as const) {
          const whole = { x: 0, y: 0, width: SIZE, height: SIZE };
          assert.deepEqual(
            pieces(grownByOne(mask, whole, value)),
            pieces(grownByOne(clean, whole, value)),
            `seed ${seed}: ${JSON.stringify(changed)}`,
          );
        }
      }
    }
  });

  it('leaves out what finds no place and leaves the board as it was', () => {
    const mask = new Mask(SIZE, SIZE);
    const wanted: DefectClass[] = ['open', 'short', 'mousebite', 'spur', 'pin-hole'];
    assert.deepEqual(placeDefects(mask, new Random('empty'), wanted), []);
    assert.ok(mask.data.every((value) => value === 0));
  });

  it('keeps defects apart', () => {
    for (let seed = 0; seed < 5; seed++) {
      const placed = placeDefects(BOARDS.wide(), new Random('many', seed), [...DEFECT_CLASSES, ...DEFECT_CLASSES]);
      for (const [i, { changed: a }] of placed.entries()) {
        for (const { changed: b } of placed.slice(i + 1)) {
          const apart = a.x + a.width < b.x || b.x + b.width < a.x || a.y + a.height < b.y || b.y + b.height < a.y;
          assert.ok(apart, `seed ${seed}`);
        }
      }
    }
  });
});
