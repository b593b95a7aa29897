import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Detection } from '../../../src/contract/detection';
import { compareFrame } from '../../../src/shadow/compare/compare';

const at = (x: number, label = 'spur', confidence = 0.9, width = 20): Detection => ({
  label,
  classId: label === 'spur' ? 0 : 1,
  confidence,
  box: { x, y: 10, width, height: 20 },
});

interface Case {
  what: string;
  primary: Detection[];
  candidate: Detection[];
  matched: number;
  missed: number;
  extra: number;
  flip?: string;
}

const CASES: Case[] = [
  { what: 'nothing on either side', primary: [], candidate: [], matched: 0, missed: 0, extra: 0 },
  { what: 'the same', primary: [at(0)], candidate: [at(1)], matched: 1, missed: 0, extra: 0 },
  { what: 'another class', primary: [at(0)], candidate: [at(0, 'open')], matched: 0, missed: 1, extra: 1 },
  { what: 'too far away', primary: [at(0)], candidate: [at(15)], matched: 0, missed: 1, extra: 1 },
  { what: 'one for two', primary: [at(0), at(4)], candidate: [at(2)], matched: 1, missed: 1, extra: 0 },
  { what: 'two for one', primary: [at(2)], candidate: [at(0), at(4)], matched: 1, missed: 0, extra: 1 },
  { what: 'all missed', primary: [at(0)], candidate: [], matched: 0, missed: 1, extra: 0, flip: 'FAIL to PASS' },
  { what: 'all extra', primary: [], candidate: [at(0)], matched: 0, missed: 0, extra: 1, flip: 'PASS to FAIL' },
  {
    what: 'seen a little below the threshold: no miss, but another verdict',
    primary: [at(0, 'spur', 0.26)],
    candidate: [at(0, 'spur', 0.22)],
    matched: 1,
    missed: 0,
    extra: 0,
    flip: 'FAIL to PASS',
  },
  {
    what: 'extra, but barely above the threshold',
    primary: [],
    candidate: [at(0, 'spur', 0.27)],
    matched: 0,
    missed: 0,
    extra: 0,
    flip: 'PASS to FAIL',
  },
  {
    what: 'boxes without an area',
    primary: [at(0, 'spur', 0.9, 0)],
    candidate: [at(0, 'spur', 0.9, 0)],
    matched: 0,
    missed: 1,
    extra: 1,
  },
];

describe('compareFrame', () => {
  for (const { what, primary, candidate, matched, missed, extra, flip = 'none' } of CASES) {
    it(what, () => {
      const found = compareFrame(primary, candidate);
      assert.deepEqual([found.matched.length, found.missed.length, found.extra.length], [matched, missed, extra]);
      assert.equal(found.flip, flip);
      assert.equal(found.disagrees, missed + extra > 0);
    });
  }

  it('gives each detection to its best partner', () => {
    const { matched } = compareFrame([at(0), at(6)], [at(5), at(1)]);
    assert.deepEqual(matched.map(({ primary, candidate }) => [primary.box.x, candidate.box.x]).sort(), [
      [0, 1],
      [6, 5],
    ]);
  });

  it('tells how far confidences moved', () => {
    const [pair] = compareFrame([at(0, 'spur', 0.5)], [at(0, 'spur', 0.8)]).matched;
    assert.ok(pair && Math.abs(pair.confidenceShift - 0.3) < 1e-9 && pair.iou === 1);
  });
});
