import type { StandingCheck } from '../check';
import { fail, note, ok, unknown, warn } from '../finding';

/** Before this a clock was never set: a Pi without a battery starts with the date of its last shutdown or of its image. */
const NEVER_SET_BEFORE = Date.UTC(2026, 0, 1);
/** Alerts carry times in ms; half a second is what two stations of one line may differ by. */
const DRIFT_WARN_S = 0.5;
/** Against the PC that deploys, which may be wrong itself. */
const REFERENCE_WARN_S = 60;
const SET = 'set the clock: sudo timedatectl set-ntp true, with a time server that the station can reach';

const UNITS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1 };

/** Seconds a clock is off, as `chronyc tracking` or `timedatectl timesync-status` tell it. */
export function offsetSeconds(text: string): number | undefined {
  const chrony = /^System time\s*:\s*([\d.]+) seconds (slow|fast) of NTP time/m.exec(text);
  if (chrony) return Number(chrony[1]) * (chrony[2] === 'slow' ? -1 : 1);
  const timesync = /^\s*Offset: ([+-]?)(?:(\d+)min )?([\d.]+)(us|ms|s)\s*$/m.exec(text);
  if (!timesync) return undefined;
  const seconds = Number(timesync[2] ?? 0) * 60 + Number(timesync[3]) * UNITS[timesync[4]!]!;
  return timesync[1] === '-' ? -seconds : seconds;
}

export const clock: StandingCheck = ({ time, synchronized, offset }, { referenceMs }) => {
  const seconds = Number(time);
  if (!Number.isFinite(seconds) || time === undefined) return unknown('the time cannot be read');
  const at = new Date(seconds * 1000).toISOString();
  if (seconds * 1000 < NEVER_SET_BEFORE) return fail(`${at}: never set`, SET);
  if (referenceMs !== undefined && Math.abs(seconds - referenceMs / 1000) > REFERENCE_WARN_S) {
    const off = Math.round(seconds - referenceMs / 1000);
    return warn(`${at}, ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} this PC`, SET);
  }
  const drift = offsetSeconds(offset ?? '');
  if (drift !== undefined && Math.abs(drift) > DRIFT_WARN_S) return warn(`${at}, off by ${drift.toFixed(3)} s`, SET);
  if (synchronized === 'no') return warn(`${at}, not synchronised`, SET);
  if (synchronized === undefined && drift === undefined)
    return note(`${at}; whether it is synchronised is not told here`);
  return ok(`${at}, synchronised${drift === undefined ? '' : `, off by ${(1000 * drift).toFixed(1)} ms`}`);
};
