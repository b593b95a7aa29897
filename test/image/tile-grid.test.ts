import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Tiling } from '../../src/contract/tiling';
import { tileGrid } from '../../src/image/tile-grid';

const INPUT = { width: 640, height: 640 };
const whole = (width: number, height: number) => ({ x: 0, y: 0, width, height });

describe('grid of tiles', () => {
  const layouts: Tiling['layout'][] = [
    'auto',
    { columns: 1, rows: 1 },
    { columns: 3, rows: 2 },
    { columns: 16, rows: 16 },
  ];
  for (const layout of layouts) {
    for (const overlap of [0, 0.2, 0.5]) {
      for (const [width, height] of [
        [4000, 3000],
        [641, 640],
        [640, 640],
        [300, 5000],
        [7, 3],
        [30_000, 200],
      ] as const) {
        it(`${JSON.stringify(layout)} with ${overlap} leaves nothing of ${width}x${height} out`, () => {
          const region = { x: 13, y: 7, width, height };
          const { tiles, columns, rows, count } = tileGrid(region, INPUT, { layout, overlap });
          assert.equal(tiles.length, count);
          assert.equal(columns * rows, count);
          assert.deepEqual(tiles[0]!.x, region.x);
          assert.deepEqual(tiles[0]!.y, region.y);
          const last = tiles.at(-1)!;
          assert.equal(last.x + last.width, region.x + width);
          assert.equal(last.y + last.height, region.y + height);
          for (const [index, tile] of tiles.entries()) {
            assert.ok(
              [tile.x, tile.y, tile.width, tile.height].every(Number.isInteger) && tile.width >= 1 && tile.height >= 1,
            );
            if (index % columns === 0) continue;
            const before = tiles[index - 1]!;
            const shared = before.x + before.width - tile.x;
            // whole pixels: a tile may begin one later than the share says
            assert.ok(shared >= Math.floor(overlap * tile.width) - 1, `${shared} px of ${tile.width}`);
          }
        });
      }
    }
  }

  it('auto takes tiles of the size of the input, and one where that is enough', () => {
    const { tiles, columns, rows } = tileGrid(whole(4000, 3000), INPUT, { layout: 'auto', overlap: 0.2 });
    assert.deepEqual([columns, rows], [8, 6]);
    for (const { width, height } of tiles) assert.deepEqual([width, height], [640, 640]);
    assert.equal(tileGrid(whole(640, 480), INPUT, { layout: 'auto', overlap: 0.2 }).count, 1);
    assert.deepEqual(tileGrid(whole(1000, 400), INPUT, { layout: 'auto', overlap: 0.2 }).tiles, [
      { x: 0, y: 0, width: 640, height: 400 },
      { x: 360, y: 0, width: 640, height: 400 },
    ]);
  });
});
