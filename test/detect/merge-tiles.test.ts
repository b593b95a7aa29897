import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Box, Detection } from '../../src/contract/detection';
import { mergeTiles } from '../../src/detect/merge-tiles';
import { tileGrid } from '../../src/image/tile-grid';
import { iou } from '../../src/kit/box';
import { Random } from '../../src/kit/random';

const WHOLE = { x: 0, y: 0, width: 1100, height: 640 };
const LEFT = { x: 0, y: 0, width: 640, height: 640 };
const RIGHT = { x: 460, y: 0, width: 640, height: 640 };

function detection(x: number, y: number, width: number, height: number, confidence = 0.9, classId = 0): Detection {
  return { label: `class ${classId}`, classId, confidence, box: { x, y, width, height } };
}

const merge = (left: Detection[], right: Detection[]) =>
  mergeTiles(
    [
      { tile: LEFT, detections: left },
      { tile: RIGHT, detections: right },
    ],
    WHOLE,
  );

describe('findings of tiles that overlap', () => {
  it('are one where two tiles show one thing, with the surest box', () => {
    const found = merge([detection(500, 50, 20, 20, 0.7)], [detection(501, 50, 20, 21, 0.8)]);
    assert.deepEqual(found, [detection(501, 50, 20, 21, 0.8)]);
  });

  it('are one where a tile shows only a piece, whatever the piece looks like', () => {
    const whole = detection(620, 50, 60, 30, 0.6, 2);
    const piece = detection(620, 50, 20, 30, 0.9, 1);
    assert.deepEqual(merge([piece], [whole]), [{ ...whole, confidence: 0.9 }]);
  });

  it('are put together from pieces when no tile shows the whole thing', () => {
    const found = merge([detection(300, 50, 340, 30, 0.8)], [detection(460, 52, 300, 30, 0.9)]);
    assert.deepEqual(found, [detection(300, 50, 460, 32, 0.9)]);
  });

  it('are put together when the pieces lie in each other by less than half', () => {
    const found = merge([detection(10, 50, 630, 30, 0.8)], [detection(460, 50, 630, 30, 0.9)]);
    assert.deepEqual(found, [detection(10, 50, 1080, 30, 0.9)]);
  });

  it('stay two where one tile saw two, though a piece lies in both', () => {
    const one = detection(600, 50, 20, 20, 0.8);
    const other = detection(621, 50, 30, 20, 0.7);
    const found = merge([detection(600, 50, 40, 20, 0.5)], [one, other]);
    assert.deepEqual(found, [one, other]);
  });

  it('are one, by its surer name, where two tiles call a whole thing by two names', () => {
    const found = merge([detection(500, 50, 20, 20, 0.8, 0)], [detection(500, 51, 20, 20, 0.7, 1)]);
    assert.deepEqual(found, [detection(500, 50, 20, 20, 0.8, 0)]);
  });

  it('stay two of two classes where a tile saw both, or where they only touch', () => {
    const [one, other] = [detection(500, 50, 20, 20, 0.8, 0), detection(500, 52, 20, 20, 0.7, 1)];
    assert.deepEqual(merge([one, other], [one, other]), [one, other]);
    assert.equal(merge([one], [detection(510, 60, 20, 20, 0.7, 1)]).length, 2);
  });

  it('stay a small one inside of a large one where each tile shows both', () => {
    const small = detection(500, 60, 10, 10, 0.7);
    const large = detection(490, 50, 60, 60, 0.9);
    assert.deepEqual(merge([large, small], [large, small]), [large, small]);
  });

  it('are the sorted findings of all where nothing overlaps', () => {
    const [near, far] = [detection(10, 10, 5, 5, 0.3), detection(1000, 10, 5, 5, 0.4)];
    assert.deepEqual(merge([near], [far]), [far, near]);
    assert.deepEqual(merge([], []), []);
  });

  it('does not take an edge of the picture for a cut', () => {
    const edge = detection(0, 600, 20, 40, 0.8, 1);
    assert.deepEqual(merge([edge, detection(0, 600, 25, 40, 0.7, 2)], []).length, 2);
  });

  it('are one each for 2,000 things anywhere in a grid, seen as any tile shows them', () => {
    const random = new Random('tiles');
    const whole = { x: 0, y: 0, width: 4000, height: 3000 };
    const { tiles } = tileGrid(whole, { width: 640, height: 640 }, { layout: 'auto', overlap: 0.2 });
    for (let turn = 0; turn < 2000; turn++) {
      const side = () => random.between(10, turn % 4 === 0 ? 900 : 100);
      const size = { width: side(), height: side() };
      const box = {
        x: random.between(0, whole.width - size.width),
        y: random.between(0, whole.height - size.height),
        ...size,
      };
      const seen = tiles.map((tile) => {
        const part = inside(box, tile);
        const isSeen = part && part.width >= 4 && part.height >= 4;
        return { tile, detections: isSeen ? [{ ...detection(0, 0, 0, 0, random.between(0.3, 1)), box: part }] : [] };
      });
      const found = mergeTiles(seen, whole);
      assert.equal(found.length, 1, `${found.length} findings of ${JSON.stringify(box)}`);
      assert.ok(iou(found[0]!.box, box) > 0.6, JSON.stringify([box, found[0]!.box]));
    }
  });
});

function inside(box: Box, tile: Box): Box | undefined {
  const x = Math.max(box.x, tile.x);
  const y = Math.max(box.y, tile.y);
  const width = Math.min(box.x + box.width, tile.x + tile.width) - x;
  const height = Math.min(box.y + box.height, tile.y + tile.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}
