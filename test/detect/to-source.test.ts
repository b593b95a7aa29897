import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CandidateList } from '../../src/detect/candidates';
import { toSource } from '../../src/detect/to-source';
import { letterboxGeometry } from '../../src/image/letterbox-geometry';

const NAMES = ['open', 'short'];
const whole = letterboxGeometry(1280, 720, { x: 0, y: 0, width: 1280, height: 720 }, 640, 640);

function candidates(...corners: [number, number, number, number, number?, number?][]): CandidateList {
  const list = new CandidateList();
  for (const [left, top, right, bottom, score = 0.5, classId = 0] of corners)
    list.add(left, top, right, bottom, score, classId);
  return list;
}

describe('toSource', () => {
  it('takes the border off and scales back', () => {
    const [found] = toSource(candidates([100, 240, 200, 290, 0.8, 1]), whole, NAMES, 10);
    assert.deepEqual(found, {
      label: 'short',
      classId: 1,
      confidence: 0.8,
      box: { x: 200, y: 200, width: 200, height: 100 },
    });
  });

  it('clips to the image: no box is ever a pixel outside', () => {
    const [found] = toSource(candidates([-50, 100, 700, 600]), whole, NAMES, 10);
    assert.deepEqual(found?.box, { x: 0, y: 0, width: 1280, height: 720 });
  });

  it('leaves out boxes in the grey border and boxes without area', () => {
    const list = candidates([0, 0, 640, 100], [100, 200, 100, 300]);
    assert.deepEqual(toSource(list, whole, NAMES, 10), []);
  });

  it('moves boxes of a region to the whole picture and clips them to the region', () => {
    const region = { x: 1000, y: 50, width: 100, height: 100 };
    const geometry = letterboxGeometry(1280, 720, region, 640, 640);
    const [found] = toSource(candidates([64, 64, 1000, 320]), geometry, NAMES, 10);
    assert.deepEqual(found?.box, { x: 1010, y: 60, width: 90, height: 40 });
  });

  it('keeps the best when there are too many, sorted', () => {
    const list = candidates([0, 200, 9, 209, 0.1], [20, 200, 29, 209, 0.9], [40, 200, 49, 209, 0.5]);
    const confidences = toSource(list, whole, NAMES, 2).map(({ confidence }) => confidence);
    assert.deepEqual(confidences, [0.9, 0.5]);
  });

  it('says `class 7` for a class without a name', () => {
    assert.equal(toSource(candidates([0, 200, 9, 209, 0.5, 7]), whole, NAMES, 10)[0]?.label, 'class 7');
  });
});
