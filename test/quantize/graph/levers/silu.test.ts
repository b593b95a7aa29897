import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutSiluInputs, findSilus, siluRange, SILU_CUT } from '../../../../src/quantize/graph/levers/silu';
import { GraphEditor, makeNode } from '../../../../src/onnx';
import { yolov8Net } from '../../yolo-nets';

describe('SiLU lever', () => {
  it('finds every SiLU, and says where somebody else reads the input too', () => {
    const model = yolov8Net();
    const silus = findSilus(new GraphEditor(model));
    const sigmoids = model.graph!.node.filter(({ opType }) => opType === 'Sigmoid');
    // the scores at the end are a Sigmoid that nobody multiplies with
    assert.equal(silus.length, sigmoids.length - 1);
    assert.ok(silus.every(({ onlyReader }) => onlyReader));
    model.graph!.node.push(makeNode('Neg', 'other', ['stem'], ['other']));
    const again = findSilus(new GraphEditor(model));
    assert.deepEqual(
      again.filter(({ onlyReader }) => !onlyReader).map(({ input }) => input),
      ['stem'],
    );
  });

  it('knows the range of the output from that of the input', () => {
    const silu = (x: number): number => x / (1 + Math.exp(-x));
    for (const [min, max] of [
      [-30, 5],
      [-1, 2],
      [-8, -3],
      [0.5, 3],
      [-1.5, -0.2],
    ] as const) {
      const steps = Array.from({ length: 10_001 }, (_, i) => silu(min + ((max - min) * i) / 10_000));
      const range = siluRange({ min, max });
      assert.ok(Math.abs(range.min - Math.min(...steps)) < 1e-6, `${min} … ${max}: ${range.min}`);
      // 0 is always inside: the parameters of a range hold it
      assert.ok(Math.abs(range.max - Math.max(0, ...steps)) < 1e-6, `${min} … ${max}: ${range.max}`);
    }
  });

  it('cuts the inputs below -10 and nothing else', () => {
    const ranges = new Map([
      ['a', { min: -31, max: 6 }],
      ['shared', { min: -31, max: 6 }],
      ['b', { min: -4, max: 6 }],
      ['box', { min: -31, max: 6 }],
    ]);
    const silu = (input: string, onlyReader = true) => ({ input, output: `${input}/silu`, onlyReader });
    const cut = cutSiluInputs(ranges, [silu('a'), silu('b'), silu('shared', false)]);
    assert.deepEqual(Object.fromEntries(cut), {
      a: { min: SILU_CUT, max: 6 },
      shared: { min: -31, max: 6 },
      b: { min: -4, max: 6 },
      box: { min: -31, max: 6 },
    });
  });
});
