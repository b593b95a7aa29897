import { expected } from '../../contract/errors';

/** When each golden sample is to be checked again. */
export type GoldenSchedule =
  { kind: 'none' } | { kind: 'hours'; hours: number } | { kind: 'times'; minutesOfDay: number[] };

/** `tell`: say so · `alert`: raise an alert too · `stop`: and judge no part until the check is done. */
export type OverdueAction = 'tell' | 'alert' | 'stop';

const MS_PER_HOUR = 3_600_000;
/** A check that lies further ahead than this was noted by a clock that was wrong. */
const CLOCK_SLACK_MS = 60_000;
const MAX_TIMES = 24;

/**
 * Reads `06:00, 14:00, 22:00` as minutes of the day, rising.
 *
 * @throws InspectionError BAD_ARGUMENT
 */
export function readTimes(value: unknown): number[] {
  const times = typeof value === 'string' ? value.split(',').map((time) => time.trim()) : [];
  const minutes = times.map((time) => {
    const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(time) ?? [];
    return Number(hour) < 24 && Number(minute) < 60 ? Number(hour) * 60 + Number(minute) : NaN;
  });
  if (minutes.length > 0 && minutes.length <= MAX_TIMES && !minutes.some(Number.isNaN)) {
    return [...new Set(minutes)].sort((a, b) => a - b);
  }
  throw expected('times of the day such as 06:00, 14:00, 22:00', 'goldenTimes', value);
}

/** The first of the times of day after a moment, in the time zone of the machine; the clock change is the Date's affair. */
function nextTimeMs(minutesOfDay: readonly number[], afterMs: number): number {
  const after = new Date(afterMs);
  for (let day = 0; ; day += 1) {
    for (const minute of minutesOfDay) {
      const time = new Date(after.getFullYear(), after.getMonth(), after.getDate() + day, 0, minute).getTime();
      if (time > afterMs) return time;
    }
  }
}

/**
 * When a sample is due, ms since the epoch: in the past, it is due since then. A sample that was never right is due from
 * the moment the station began to ask for it.
 *
 * @param rightMs when it was last found right; undefined: never
 * @param sinceMs when the station began to ask for it
 */
export function dueAtMs(schedule: GoldenSchedule, rightMs: number | undefined, sinceMs: number, nowMs: number): number {
  if (schedule.kind === 'none') return Infinity;
  const trusted = rightMs !== undefined && rightMs <= nowMs + CLOCK_SLACK_MS ? rightMs : undefined;
  if (trusted === undefined) return Math.min(sinceMs, nowMs);
  return schedule.kind === 'hours'
    ? trusted + schedule.hours * MS_PER_HOUR
    : nextTimeMs(schedule.minutesOfDay, trusted);
}
