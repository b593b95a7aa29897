import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CLASSES, detectionsOf, PRIMARY, simulatedPart } from '../../../lab/bench/shadow-streams';
import { compareFrame } from '../../../src/shadow/compare/compare';
import { RollingStatistics } from '../../../src/shadow/compare/statistics';

const retrained = { ...PRIMARY, weights: 9, miss: 0.2 };
const frames = Array.from({ length: 300 }, (_, index) => {
  const part = simulatedPart(7, index);
  return compareFrame(detectionsOf(PRIMARY, part), detectionsOf(retrained, part));
});

describe('RollingStatistics', () => {
  it('agrees with a count over the last frames alone', () => {
    const [rolling, fresh] = [new RollingStatistics(CLASSES, 100), new RollingStatistics(CLASSES, 100)];
    for (const frame of frames) rolling.add(frame);
    for (const frame of frames.slice(-100)) fresh.add(frame);
    const [a, b] = [rolling.current, fresh.current];
    assert.equal(a.frames, 100);
    assert.deepEqual(a.disagreement, b.disagreement);
    assert.deepEqual([a.passToFail, a.failToPass], [b.passToFail, b.failToPass]);
    for (const [index, row] of a.classes.entries()) {
      assert.deepEqual(row.missed, b.classes[index]?.missed);
      assert.deepEqual(row.extra, b.classes[index]?.extra);
      const means = [row.boxIou.mean, b.classes[index]?.boxIou.mean] as [number, number];
      assert.ok(Math.abs(means[0] - means[1]) < 1e-9);
    }
  });

  it('counts misses per class', () => {
    const statistics = new RollingStatistics(CLASSES);
    for (const frame of frames) statistics.add(frame);
    const missed = frames.flatMap((frame) => frame.missed);
    for (const { label, missed: share } of statistics.current.classes) {
      assert.equal(share.count, missed.filter((detection) => detection.label === label).length);
      assert.ok(share.low <= (share.share ?? 0) && (share.share ?? 1) <= share.high);
    }
  });

  it('is empty before the first frame', () => {
    const { frames: count, disagreement, boxIou } = new RollingStatistics(CLASSES).current;
    assert.deepEqual([count, disagreement.share, boxIou.mean], [0, undefined, undefined]);
  });
});
