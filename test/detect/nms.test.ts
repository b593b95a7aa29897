import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Detection } from '../../src/contract/detection';
import { compareDetections, nms } from '../../src/detect/nms';
import { iou } from '../../src/kit/box';
import { Random } from '../../src/kit/random';

function detection(classId: number, confidence: number, x: number, y: number, width = 10, height = 10): Detection {
  return { label: `class ${classId}`, classId, confidence, box: { x, y, width, height } };
}

describe('iou', () => {
  const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });
  const cases: [string, ReturnType<typeof box>, ReturnType<typeof box>, number][] = [
    ['the same box', box(0, 0, 10, 10), box(0, 0, 10, 10), 1],
    ['half of one', box(0, 0, 10, 10), box(0, 0, 10, 5), 0.5],
    ['a corner', box(0, 0, 10, 10), box(5, 5, 10, 10), 25 / 175],
    ['touching edges', box(0, 0, 10, 10), box(10, 0, 10, 10), 0],
    ['disjoint in x and y: two negative overlaps are no overlap', box(0, 0, 10, 10), box(50, 50, 10, 10), 0],
    ['no area', box(5, 5, 0, 0), box(5, 5, 0, 0), 0],
  ];
  for (const [name, a, b, wanted] of cases) {
    it(name, () => {
      assert.ok(Math.abs(iou(a, b) - wanted) < 1e-12);
      assert.equal(iou(a, b), iou(b, a));
    });
  }
});

describe('nms', () => {
  it('keeps the most confident of overlapping boxes and sorts by confidence', () => {
    const result = nms([detection(0, 0.5, 1, 1), detection(0, 0.9, 0, 0), detection(0, 0.7, 100, 100)]);
    assert.deepEqual(
      result.map(({ confidence }) => confidence),
      [0.9, 0.7],
    );
  });

  it('is class-aware unless told otherwise', () => {
    const candidates = [detection(0, 0.9, 0, 0), detection(1, 0.8, 0, 0)];
    assert.equal(nms(candidates).length, 2);
    assert.equal(nms(candidates, { classAware: false }).length, 1);
  });

  it('suppresses above the threshold only, not at it', () => {
    const candidates = [detection(0, 0.9, 0, 0, 10, 10), detection(0, 0.8, 0, 0, 10, 5)];
    assert.equal(nms(candidates, { iou: 0.5 }).length, 2);
    assert.equal(nms(candidates, { iou: 0.49 }).length, 1);
  });

  it('a box suppressed by another does not suppress in its turn', () => {
    const chain = [detection(0, 0.9, 0, 0), detection(0, 0.8, 4, 0), detection(0, 0.7, 8, 0)];
    assert.deepEqual(
      nms(chain, { iou: 0.3 }).map(({ box }) => box.x),
      [0, 8],
    );
  });

  it('ties: lower class id, then upper, then left box, whatever the order of arrival', () => {
    const tied = [
      detection(1, 0.5, 0, 0),
      detection(0, 0.5, 50, 9),
      detection(0, 0.5, 90, 0),
      detection(0, 0.5, 30, 0),
    ];
    const wanted = [
      [0, 30],
      [0, 90],
      [0, 50],
      [1, 0],
    ];
    for (const order of [tied, [...tied].reverse(), [tied[2], tied[0], tied[3], tied[1]] as Detection[]]) {
      assert.deepEqual(
        nms(order).map(({ classId, box }) => [classId, box.x]),
        wanted,
      );
    }
  });

  it('stops at maxDetections, leaves the input as it was, and takes an empty list', () => {
    const many = Array.from({ length: 20 }, (_, index) => detection(0, index / 20, index * 20, 0));
    const before = structuredClone(many);
    assert.equal(nms(many, { maxDetections: 3 }).length, 3);
    assert.deepEqual(many, before);
    assert.deepEqual(nms([]), []);
  });
});

describe('long lists', () => {
  /** A detection whose box counts how often it is looked at. */
  function watched(classId: number, looks: { count: number }): Detection {
    const box = { y: 0, width: 10, height: 10 } as Detection['box'];
    Object.defineProperty(box, 'x', { enumerable: true, get: () => ((looks.count += 1), 0) });
    return { label: 'dust', classId, confidence: 0.5, box };
  }

  it('10,000 boxes of as many classes are not compared with one another', () => {
    const looks = { count: 0 };
    const list = Array.from({ length: 10_000 }, (_, classId) => watched(classId, looks));
    assert.equal(nms(list, { maxDetections: 10_000 }).length, 10_000);
    assert.ok(looks.count < 100_000, `${looks.count} looks`);
  });

  it('10,000 equal boxes that may overlap wholly are not compared with one another', () => {
    const looks = { count: 0 };
    const list = Array.from({ length: 10_000 }, () => watched(0, looks));
    assert.equal(nms(list, { maxDetections: 10_000, iou: 1 }).length, 10_000);
    assert.ok(looks.count < 1_000_000, `${looks.count} looks`);
  });

  it('gives what comparing each with each gives', () => {
    const random = new Random('nms', 1);
    for (let run = 0; run < 50; run++) {
      const list = Array.from({ length: 150 }, () =>
        detection(random.integer(0, 2), random.integer(1, 9) / 10, random.integer(0, 40), random.integer(0, 40)),
      );
      for (const classAware of [true, false]) {
        for (const threshold of [0, 0.3, 0.99, 1]) {
          const kept: Detection[] = [];
          for (const one of [...list].sort(compareDetections)) {
            const isDouble = (other: Detection) =>
              (!classAware || other.classId === one.classId) && iou(other.box, one.box) > threshold;
            if (!kept.some(isDouble)) kept.push(one);
          }
          const found = nms(list, { iou: threshold, classAware, maxDetections: 200 });
          assert.deepEqual(found, kept.slice(0, 200));
        }
      }
    }
  });
});
