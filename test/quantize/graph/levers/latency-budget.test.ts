import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseFloat } from '../../../../src/quantize/graph/levers/latency-budget';

const OUTPUTS = ['box', 'classes'];
const LAYERS = ['worst', 'classes', 'bad', 'middle', 'good', 'better', 'best'];
const NONE: ReadonlySet<string> = new Set();

/** Each float layer costs 3 % of a run, one costs 30 %. */
const slowdownOf = (names: ReadonlySet<string>): Promise<number> =>
  Promise.resolve(1 + 0.03 * names.size + (names.has('good') ? 0.27 : 0));

describe('latency budget', () => {
  for (const [percent, expected] of [
    [0, []],
    [5.9, []],
    [6.1, ['box', 'classes']],
    [10, ['box', 'classes', 'worst']],
    [13, ['box', 'classes', 'worst', 'bad']],
    [40, ['box', 'classes', 'worst', 'bad']],
    [100, ['box', 'classes', 'worst', 'bad', 'middle', 'good', 'better', 'best']],
  ] as const) {
    it(`${percent} %: ${expected.join(', ') || 'nothing stays float'}`, async () => {
      const asked = { always: NONE, outputs: OUTPUTS, layers: LAYERS, percent };
      assert.deepEqual([...(await chooseFloat(asked, slowdownOf))], expected);
    });
  }

  it('a step that is too slow ends it, even if a larger one seems fast', async () => {
    const asked = { always: NONE, outputs: OUTPUTS, layers: LAYERS, percent: 10 };
    const noisy = (names: ReadonlySet<string>) => Promise.resolve(names.size === 3 ? 1.2 : 1);
    assert.deepEqual([...(await chooseFloat(asked, noisy))], OUTPUTS);
  });

  it('what is float in any case stays so, whatever it costs', async () => {
    const asked = { always: new Set(['box']), outputs: OUTPUTS, layers: LAYERS, percent: 0 };
    assert.deepEqual([...(await chooseFloat(asked, slowdownOf))], ['box']);
  });
});
