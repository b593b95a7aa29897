import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { nms } from '../../src/detect/nms';
import { Detector } from '../../src/detector/detector';
import { COCO_MODEL, PHOTO } from '../helpers/real-data';

describe('compatibility with an Ultralytics export', () => {
  it('finds the boat in a photograph with yolov8n', async (t) => {
    const detector = new Detector({ model: COCO_MODEL, overload: 'every' });
    t.after(() => detector.stop());
    const model = await detector.start();
    assert.equal(model.classNames.length, 80);
    assert.deepEqual(model.input, { width: 640, height: 640 });
    const image = readFileSync(PHOTO);
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => detector.detect({ image })));
    const [first, ...others] = outcomes;
    assert.ok(first?.inspected);
    assert.deepEqual(first.image, { width: 1024, height: 819 });
    // where onnxruntime and OpenCV alone find it too, see lab/reference
    const [best] = nms(first.detections);
    assert.equal(best?.label, 'boat');
    assert.ok(best.confidence > 0.7);
    const { x, y, width, height } = best.box;
    for (const [found, right] of [
      [x, 443],
      [y, 122],
      [width, 303],
      [height, 459],
    ] as const) {
      assert.ok(Math.abs(found - right) <= 8, JSON.stringify(best.box));
    }
    // frames in different lanes get the same answer, bit for bit
    for (const other of others) assert.deepEqual(other.inspected && other.detections, first.detections);
  });
});
