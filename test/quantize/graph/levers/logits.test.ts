import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { widenLogits } from '../../../../src/quantize/graph/levers/logits';
import { parametersFor } from '../../../../src/quantize/calibrate/ranges/range';

describe('widenLogits', () => {
  it('lets a scale without an object in the calibration pictures answer with more than 50 %', () => {
    const ranges = new Map([
      ['classes_32', { min: -18, max: -3 }],
      ['classes_8', { min: -20, max: 6 }],
      ['box_8', { min: -4, max: 2 }],
    ]);
    const roomy = widenLogits(ranges, new Set(['classes_8', 'classes_32']));
    assert.deepEqual(Object.fromEntries(roomy), {
      classes_32: { min: -18, max: 4 },
      classes_8: { min: -20, max: 6 },
      box_8: { min: -4, max: 2 },
    });
    const { scale, zeroPoint } = parametersFor(roomy.get('classes_32')!, 'uint8');
    const highest = 1 / (1 + Math.exp(-scale * (255 - zeroPoint)));
    assert.ok(highest > 0.98, `${highest}`);
  });
});
