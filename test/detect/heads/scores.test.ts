// The scores of the whole grid: the same numbers, in the same order, from every head of a family.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headOf } from '../../../src/detect/heads';
import { logit, sigmoid } from '../../../src/detect/heads/cut';
import { meanAbsoluteDifference, sameShape, type ScoreMap } from '../../../src/contract/score-map';
import type { HeadLayout } from '../../../src/contract/manifest';
import { Tensor } from '../../../src/model/session';

function scoresOf(layout: HeadLayout, outputs: Record<string, Tensor>, head: object = {}, classNames = ['a', 'b']) {
  const input = { width: 64, height: 64, layout: 'nchw' as const, type: 'float32' as const };
  return headOf(layout).scores?.(outputs, { input, head: { layout, ...head }, classNames });
}

function assertClose(found: ScoreMap | undefined, wanted: number[]): void {
  assert.ok(found);
  assert.equal(found.values.length, wanted.length);
  wanted.forEach((value, index) => assert.ok(Math.abs((found.values[index] as number) - value) < 1e-6, `at ${index}`));
}

describe('scores of the grid', () => {
  it('yolov8: the class rows as they are, in memory of their own', () => {
    const data = Float32Array.from({ length: 6 * 3 }, (_, index) => index / 100);
    const found = scoresOf('yolov8', { output0: new Tensor('float32', data, [1, 6, 3]) });
    assert.deepEqual([found?.classes, found?.places], [2, 3]);
    assertClose(found, [0.12, 0.13, 0.14, 0.15, 0.16, 0.17]);
    data.fill(9);
    assertClose(found, [0.12, 0.13, 0.14, 0.15, 0.16, 0.17]);
  });

  it('yolov5: objectness times class score', () => {
    const data = Float32Array.from([0, 0, 0, 0, 0.5, 0.2, 0.4, 0, 0, 0, 0, 0.1, 1, 0]);
    assertClose(scoresOf('yolov5', { output0: new Tensor('float32', data, [1, 2, 7]) }), [0.1, 0.1, 0.2, 0]);
  });

  for (const layout of ['nchw', 'nhwc'] as const) {
    it(`cut-yolov8, ${layout}: stride by stride, uint8 and int8 through scale and zero point`, () => {
      // two cells with classes a and b at stride 8, one cell at stride 16
      const bytes = layout === 'nchw' ? [120, 130, 140, 0] : [120, 140, 130, 0];
      const dims = layout === 'nchw' ? [1, 2, 1, 2] : [1, 1, 2, 2];
      const outputs = {
        c8: new Tensor('uint8', Uint8Array.from(bytes), dims),
        c16: new Tensor('int8', Int8Array.from([-128, 127]), layout === 'nchw' ? [1, 2, 1, 1] : [1, 1, 1, 2]),
      };
      const described = (name: string, type: string, scale: number, zeroPoint: number) => ({
        classes: { name, layout, type, scale, zeroPoint },
      });
      const head = {
        outputs: [
          { stride: 8, ...described('c8', 'uint8', 0.1, 120) },
          { stride: 16, ...described('c16', 'int8', 0.02, 7) },
        ],
      };
      const found = scoresOf('cut-yolov8', outputs, head);
      assert.deepEqual([found?.classes, found?.places], [2, 3]);
      assertClose(found, [0.5, sigmoid(1), sigmoid(-2.7), sigmoid(2), sigmoid(-12), sigmoid(2.4)]);
    });
  }

  it('cut-yolov5: anchor by anchor, as the whole head has them', () => {
    // one scale of two cells, two anchors of 5 + 2 channels
    const data = new Float32Array(14 * 2).fill(-40);
    const set = (anchor: number, cell: number, values: number[]) =>
      values.forEach((value, index) => (data[(anchor * 7 + 4 + index) * 2 + cell] = logit(value)));
    set(0, 1, [0.5, 0.2, 0.4]);
    set(1, 0, [0.8, 0.5, 0.1]);
    const head = { outputs: [{ stride: 8, all: { name: 'p', layout: 'nchw', type: 'float32' } }] };
    const found = scoresOf('cut-yolov5', { p: new Tensor('float32', data, [1, 14, 1, 2]) }, head);
    assertClose(found, [0, 0.1, 0.4, 0, 0, 0.2, 0.08, 0]);
  });

  it('end-to-end: has no grid', () => {
    assert.equal('scores' in headOf('end-to-end'), false);
  });
});

describe('meanAbsoluteDifference', () => {
  const map = (values: number[], classes = 2): ScoreMap => {
    return { classes, places: values.length / classes, values: Float32Array.from(values) };
  };

  it('is the mean of |a − b|, and 0 for equal maps', () => {
    const [a, b] = [map([0, 0.5, 1, 0.25]), map([0.5, 0.5, 0, 0.5])];
    assert.equal(meanAbsoluteDifference(a, b), (0.5 + 0 + 1 + 0.25) / 4);
    assert.equal(meanAbsoluteDifference(b, a), meanAbsoluteDifference(a, b));
    assert.equal(meanAbsoluteDifference(a, map([...a.values])), 0);
  });

  it('maps of as many numbers in another arrangement are not of one shape', () => {
    assert.equal(sameShape(map([0, 1, 2, 3], 2), map([0, 1, 2, 3], 1)), false);
    assert.equal(sameShape(map([0, 1, 2, 3]), map([4, 5, 6, 7])), true);
  });
});
