import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EvaluatedImage } from '../../src/evaluate/map';
import { PART_CONFIDENCES, partRates, ratesAt } from '../../src/evaluate/part-rates';

const box = (x: number) => ({ x, y: 0, width: 10, height: 10 });
const seen = (classId: number, confidence: number, x = 0) => ({
  label: `class ${classId}`,
  classId,
  confidence,
  box: box(x),
});

/** Two defective parts (one defect found surely, one weakly and elsewhere) and a good one with a false alarm. */
const LABELLED: EvaluatedImage[] = [
  { detections: [seen(0, 0.9)], truths: [{ classId: 0, box: box(0) }] },
  { detections: [seen(1, 0.3, 50)], truths: [{ classId: 1, box: box(0) }] },
  { detections: [seen(1, 0.6)], truths: [] },
];

describe('part rates', () => {
  it('counts a part as failed when any finding reaches the confidence, wherever it is', () => {
    const at = (confidence: number) => ratesAt(LABELLED, [[], [seen(0, 0.5)]], () => confidence);
    const all = { defective: 2, good: 3, defects: 2, found: 1 };
    assert.deepEqual(at(0.3), { ...all, defectiveFailed: 2, goodFailed: 2 });
    assert.deepEqual(at(0.55), { ...all, defectiveFailed: 1, goodFailed: 1 });
    assert.deepEqual(at(0.95), { ...all, found: 0, defectiveFailed: 0, goodFailed: 0 });
  });

  it('takes a limit per class', () => {
    const rates = ratesAt(LABELLED, [], (classId) => (classId === 1 ? 0.7 : 0.5));
    assert.deepEqual([rates.defectiveFailed, rates.goodFailed], [1, 0]);
  });

  it('does not count a defect as found by a finding of another class or place', () => {
    const image = { detections: [seen(1, 0.9), seen(0, 0.9, 50)], truths: [{ classId: 0, box: box(0) }] };
    assert.equal(ratesAt([image], [], () => 0.5).found, 0);
  });

  it('gives a row for each confidence that a person chooses between, never rising', () => {
    const rows = partRates(LABELLED, []);
    assert.deepEqual(
      rows.map(({ confidence }) => confidence),
      PART_CONFIDENCES,
    );
    for (const [index, row] of rows.slice(1).entries()) {
      assert.ok(row.defectiveFailed <= (rows[index]?.defectiveFailed ?? 0));
      assert.ok(row.goodFailed <= (rows[index]?.goodFailed ?? 0));
    }
  });
});
