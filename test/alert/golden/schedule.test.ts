import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dueAtMs, readTimes, type GoldenSchedule } from '../../../src/alert/golden/schedule';

const HOUR_MS = 3_600_000;
/** A moment of a day in the machine's own time zone. */
const at = (day: number, hour: number, minute = 0): number => new Date(2026, 5, day, hour, minute).getTime();

describe('readTimes', () => {
  it('reads times of the day, each once, rising', () => {
    assert.deepEqual(readTimes('14:00, 6:00,22:30,14:00'), [360, 840, 1350]);
  });
  for (const times of ['', '25:00', '12:60', '06:00;14:00', '6', 600, undefined]) {
    it(`refuses ${JSON.stringify(times)}`, () => {
      assert.throws(() => readTimes(times), {
        code: 'BAD_ARGUMENT',
        message: /^Expected times of the day .* for goldenTimes but/,
      });
    });
  }
});

describe('dueAtMs', () => {
  const hours = { kind: 'hours', hours: 8 } as const;
  const times: GoldenSchedule = { kind: 'times', minutesOfDay: readTimes('06:00, 14:00, 22:00') };

  it('a sample that was never right is due since the schedule is there', () => {
    for (const schedule of [hours, times]) assert.equal(dueAtMs(schedule, undefined, at(1, 9), at(1, 10)), at(1, 9));
  });
  it('so many hours after it was last right', () => {
    assert.equal(dueAtMs(hours, at(1, 9), 0, at(1, 10)), at(1, 9) + 8 * HOUR_MS);
  });
  it('at the next of the times after it was last right', () => {
    assert.equal(dueAtMs(times, at(1, 5, 59), 0, at(1, 6)), at(1, 6));
    assert.equal(dueAtMs(times, at(1, 6), 0, at(1, 6)), at(1, 14));
    assert.equal(dueAtMs(times, at(1, 23), 0, at(1, 23)), at(2, 6));
    assert.equal(dueAtMs(times, at(30, 23), 0, at(30, 23)), at(31, 6));
  });
  it('a check noted by a clock that was ahead does not count', () => {
    assert.equal(dueAtMs(hours, at(20, 9), at(1, 1), at(1, 10)), at(1, 1));
    assert.equal(dueAtMs(hours, undefined, at(20, 1), at(1, 10)), at(1, 10));
  });
  it('nothing is due without a schedule', () => {
    assert.equal(dueAtMs({ kind: 'none' }, undefined, 0, at(1, 10)), Infinity);
  });
});
