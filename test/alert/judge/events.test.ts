import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Defect } from '../../../src/alert/judge/defects';
import { EventTracker } from '../../../src/alert/judge/events';
import { readRules } from '../../../src/alert/judge/rules';

const RULES = readRules({ events: { mode: 'stream' }, debounce: { hits: 1, frames: 1 } });

function defect(x: number, confidence = 0.9): Defect {
  return { label: 'dust', classId: 0, confidence, box: { x, y: 0, width: 10, height: 10 }, severity: 'info' };
}

describe('EventTracker', () => {
  it('a defect that has not moved goes on with its own track, whatever lies beside it', () => {
    const tracker = new EventTracker();
    const [first, second] = tracker.update([defect(0), defect(4)], RULES, 0).raised;
    const { confirmed } = tracker.update([defect(4), defect(0)], RULES, 100);
    const idAt = (x: number) => confirmed.find(({ box }) => box.x === x)?.eventId;
    assert.deepEqual([idAt(0), idAt(4)], [first?.eventId, second?.eventId]);
  });

  it('defects that moved go on with the track they overlap most', () => {
    const tracker = new EventTracker();
    const [first, second] = tracker.update([defect(0), defect(30)], RULES, 0).raised;
    const { confirmed } = tracker.update([defect(31), defect(2)], RULES, 100);
    const idAt = (x: number) => confirmed.find(({ box }) => box.x === x)?.eventId;
    assert.deepEqual([idAt(2), idAt(31)], [first?.eventId, second?.eventId]);
  });

  it('of pairs that compete the best comes first, in whatever order the defects come', () => {
    const tracker = new EventTracker();
    const [first, second] = tracker.update([defect(0), defect(6)], RULES, 0).raised;
    // each overlaps both tracks
    const { confirmed } = tracker.update([defect(5), defect(1)], RULES, 100);
    const idAt = (x: number) => confirmed.find(({ box }) => box.x === x)?.eventId;
    assert.deepEqual([idAt(1), idAt(5)], [first?.eventId, second?.eventId]);
  });

  it('10,000 equal boxes frame after frame are not millions of pairs', () => {
    const looks = { count: 0 };
    const watched = (): Defect => {
      const box = { y: 0, width: 10, height: 10 } as Defect['box'];
      Object.defineProperty(box, 'x', { enumerable: true, get: () => ((looks.count += 1), 0) });
      return { ...defect(0), box };
    };
    const tracker = new EventTracker();
    for (let frame = 0; frame < 3; frame++) {
      const found = Array.from({ length: 10_000 }, watched);
      assert.ok(tracker.update(found, RULES, frame * 100).confirmed.length > 0);
    }
    assert.ok(looks.count < 500_000, `${looks.count} looks`);
    assert.ok(tracker.open <= 500);
  });

  it('of more defects than can be followed it follows the most confident', () => {
    const found = Array.from({ length: 600 }, (_, i) => defect(i * 20, i / 1000));
    const { raised } = new EventTracker().update(found, RULES, 0);
    assert.equal(raised.length, 500);
    assert.ok(raised.every(({ confidence }) => confidence >= 0.1));
  });
});
