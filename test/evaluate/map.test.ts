import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { averagePrecision, meanAveragePrecision, type EvaluatedImage } from '../../src/evaluate/map';

const box = (x: number, y = 0, width = 10, height = 10) => ({ x, y, width, height });
const seen = (classId: number, confidence: number, where = box(0)) => ({
  label: `class ${classId}`,
  classId,
  confidence,
  box: where,
});
const CLASSES = ['scratch', 'dent', 'stain'];
const score = (images: EvaluatedImage[]) => meanAveragePrecision(images, CLASSES);

describe('average precision', () => {
  const cases: Array<[string, boolean[], number, number]> = [
    ['is 1 when everything is found first', [true, true], 2, 1],
    ['is 0 when nothing is found', [], 3, 0],
    ['is 0 when everything is wrong', [false, false], 1, 0],
    // precision 1 up to recall 0.5 (points 0 … 50), nothing beyond
    ['stops at the recall that is reached', [true], 2, 51 / 101],
    // the wrong one behind all right ones costs nothing
    ['does not count mistakes behind the last hit', [true, true, false], 2, 1],
    // precision 1 for 51 points, then 2/3 for 50
    ['takes the best precision at a recall or beyond', [true, false, true], 2, (51 + 50 * (2 / 3)) / 101],
    ['lets a better precision further on count for the points before', [false, true, true], 2, 2 / 3],
  ];
  for (const [what, hits, truths, right] of cases) {
    it(what, () => assert.ok(Math.abs(averagePrecision(hits, truths) - right) < 1e-12));
  }
});

describe('mean average precision', () => {
  it('is 1 for boxes that are right', () => {
    const result = score([{ detections: [seen(0, 0.9)], truths: [{ classId: 0, box: box(0) }] }]);
    assert.deepEqual(result, {
      map50: 1,
      map5095: 1,
      perClass: [{ classId: 0, label: 'scratch', truths: 1, map50: 1, map5095: 1 }],
    });
  });

  it('counts a box at the thresholds that its overlap reaches', () => {
    // 10 × 10 against 10 × 8 inside it: IoU 0.8, right at 0.5 … 0.8, 7 of 10 thresholds
    const truths = [{ classId: 0, box: box(0, 0, 10, 8) }];
    const { map50, map5095 } = score([{ detections: [seen(0, 0.9)], truths }]);
    assert.equal(map50, 1);
    assert.ok(Math.abs(map5095 - 0.7) < 1e-12, String(map5095));
  });

  it('counts a second box on the same thing as a mistake', () => {
    const truths = [
      { classId: 0, box: box(0) },
      { classId: 0, box: box(50) },
    ];
    const { map50 } = score([{ detections: [seen(0, 0.9), seen(0, 0.8), seen(0, 0.7, box(50))], truths }]);
    assert.ok(Math.abs(map50 - (51 + 50 * (2 / 3)) / 101) < 1e-12);
  });

  it('gives a detection the free box that it overlaps most', () => {
    const truths = [
      { classId: 0, box: box(0) },
      { classId: 0, box: box(2) },
    ];
    const { map5095 } = score([{ detections: [seen(0, 0.9, box(2)), seen(0, 0.8, box(0))], truths }]);
    assert.equal(map5095, 1);
  });

  it('ranks detections of all images together, by confidence', () => {
    const images = [
      { detections: [seen(0, 0.6)], truths: [{ classId: 0, box: box(0) }] },
      { detections: [seen(0, 0.9)], truths: [] },
    ];
    assert.ok(Math.abs(score(images).map50 - 0.5) < 1e-12);
  });

  it('keeps classes apart and averages over those that are there', () => {
    const images = [
      {
        detections: [seen(0, 0.9), seen(1, 0.9, box(50)), seen(2, 0.9, box(90))],
        truths: [
          { classId: 0, box: box(0) },
          { classId: 1, box: box(0) },
        ],
      },
    ];
    const { map50, perClass } = score(images);
    assert.equal(map50, 0.5);
    assert.deepEqual(
      perClass.map(({ label, map50: each }) => [label, each]),
      [
        ['scratch', 1],
        ['dent', 0],
      ],
    );
  });

  it('is 0 for no images at all', () => {
    assert.deepEqual(score([]), { map50: 0, map5095: 0, perClass: [] });
  });
});
