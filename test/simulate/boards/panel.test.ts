import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { simulatePanel } from '../../../src/simulate/boards/panel';
import { simulatePart, lineOptions } from '../../../src/simulate/line';

const SIZE = { width: 1500, height: 700 };

describe('a panel of boards', () => {
  const panel = simulatePanel({ seed: 5, look: 'binarised', defects: 4, size: SIZE });

  it('has the size that was asked for and its defects inside', () => {
    assert.deepEqual([panel.width, panel.height], [SIZE.width, SIZE.height]);
    assert.equal(panel.pixels.length, SIZE.width * SIZE.height);
    assert.ok(panel.truth.length > 0 && panel.truth.length <= 4);
    for (const { box } of panel.truth) {
      assert.ok(box.x >= 0 && box.y >= 0 && box.x + box.width <= SIZE.width && box.y + box.height <= SIZE.height);
    }
  });

  it('differs from the one without defects only where the truth says', () => {
    const good = simulatePanel({ seed: 5, look: 'binarised', defects: 0, size: SIZE });
    assert.deepEqual(good.truth, []);
    let differing = 0;
    for (const [at, value] of panel.pixels.entries()) {
      if (Math.abs(value - good.pixels[at]!) < 100) continue;
      differing++;
      const [x, y] = [at % SIZE.width, Math.floor(at / SIZE.width)];
      const isTold = panel.truth.some(
        ({ box }) => x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height,
      );
      assert.ok(isTold, `${x}, ${y}`);
    }
    assert.ok(differing > 0);
  });

  it('is a part of a line that has a size', async () => {
    const { width, height } = await simulatePart({ size: { width: 800, height: 640 } }, 0);
    assert.deepEqual([width, height], [800, 640]);
    assert.deepEqual(lineOptions({ size: '4000x3000' }).size, { width: 4000, height: 3000 });
    for (const bad of ['639x640', '4000x3001', '4000', 'large']) {
      assert.throws(() => lineOptions({ size: bad }), /Expected width x height from 640x640 to 12 megapixels/);
    }
  });
});
