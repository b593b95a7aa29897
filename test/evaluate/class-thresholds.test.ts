import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chooseThresholds } from '../../src/evaluate/class-thresholds';
import type { EvaluatedImage } from '../../src/evaluate/map';

const box = { x: 0, y: 0, width: 10, height: 10 };
const good = (...confidences: [number, number][]): EvaluatedImage => ({
  detections: confidences.map(([classId, confidence]) => ({ label: '', classId, confidence, box })),
  truths: [],
});

describe('thresholds per class', () => {
  it('lie just above what the allowed share of good parts reaches', () => {
    const images = [good([0, 0.9]), good([0, 0.71], [0, 0.4]), good([0, 0.6]), good(), good()];
    const at = (share: number) => chooseThresholds(images, ['scratch'], share).scratch;
    assert.deepEqual([at(0), at(0.2), at(0.4), at(0.6)], [0.91, 0.72, 0.61, 0.25]);
    // no more than that share fails at the threshold
    const failed = images.filter(({ detections }) => detections.some(({ confidence }) => confidence >= (at(0.2) ?? 0)));
    assert.equal(failed.length, 1);
  });

  it('are chosen for each class by itself', () => {
    const images = [good([0, 0.5], [1, 0.8]), good([1, 0.3])];
    assert.deepEqual(chooseThresholds(images, ['scratch', 'dent', 'stain'], 0), {
      scratch: 0.51,
      dent: 0.81,
      stain: 0.25,
    });
  });

  it('do not look at parts with a defect', () => {
    const bad = { ...good([0, 0.95]), truths: [{ classId: 0, box }] };
    assert.deepEqual(chooseThresholds([bad, good([0, 0.4])], ['scratch'], 0), { scratch: 0.41 });
  });
});
