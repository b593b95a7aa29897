import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Detection } from '../../src/contract/detection';
import { compareDetections, nms, type NmsOptions } from '../../src/detect/nms';
import { iou } from '../../src/kit/box';
import { RUNS } from '../helpers/property-runs';

const side = fc.integer({ min: 0, max: 30 });
const detection: fc.Arbitrary<Detection> = fc
  .record({
    classId: fc.integer({ min: 0, max: 3 }),
    tenths: fc.integer({ min: 0, max: 10 }),
    box: fc.record({ x: side, y: side, width: side, height: side }),
  })
  .map(({ classId, tenths, box }) => ({ label: `class ${classId}`, classId, confidence: tenths / 10, box }));
const list = fc.array(detection, { maxLength: 60 });
const options: fc.Arbitrary<NmsOptions> = fc.record({
  iou: fc.constantFrom(0, 0.3, 0.45, 0.9, 1),
  maxDetections: fc.integer({ min: 1, max: 60 }),
  classAware: fc.boolean(),
});

const double = (a: Detection, b: Detection, { iou: threshold, classAware }: NmsOptions): boolean =>
  (!classAware || a.classId === b.classId) && iou(a.box, b.box) > threshold;

describe('properties of NMS', () => {
  it('survivors are some of the candidates, sorted, not too many, and none is a double of another', () => {
    fc.assert(
      fc.property(list, options, (candidates, how) => {
        const kept = nms(candidates, how);
        assert.ok(kept.length <= how.maxDetections);
        assert.ok(kept.every((one) => candidates.includes(one)));
        assert.deepEqual(kept, [...kept].sort(compareDetections));
        for (const [i, one] of kept.entries()) {
          for (const other of kept.slice(i + 1)) assert.ok(!double(one, other, how));
        }
      }),
      RUNS,
    );
  });

  it('whatever is left out is a double of a better one, or came too late', () => {
    fc.assert(
      fc.property(list, options, (candidates, how) => {
        const kept = nms(candidates, how);
        if (kept.length === how.maxDetections) return;
        for (const one of candidates) {
          if (kept.includes(one)) continue;
          assert.ok(kept.some((better) => compareDetections(better, one) <= 0 && double(better, one, how)));
        }
      }),
      RUNS,
    );
  });

  it('does not depend on the order of the candidates, and once is as good as twice', () => {
    fc.assert(
      fc.property(list, options, (candidates, how) => {
        const kept = nms(candidates, how);
        assert.deepEqual(nms([...candidates].reverse(), how), kept);
        assert.deepEqual(nms(kept, how), kept);
      }),
      RUNS,
    );
  });
});
