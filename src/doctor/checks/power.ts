import { parseThrottled } from '../../thermal/sensors/parse';
import type { StandingCheck } from '../check';
import { fail, ok, unknown, warn } from '../finding';

const SUPPLY = 'use the official 27 W supply and a short cable; USB devices that draw much need a powered hub';
/** Bit 16 of get_throttled: under-voltage has occurred since the start (raspberrypi.com documentation, "vcgencmd"). */
const UNDER_VOLTAGE_OCCURRED = 0x10000;

/** Under-voltage, now or since the start: what makes stations lose frames and cards. */
export const power: StandingCheck = ({ throttled }) => {
  const state = parseThrottled(throttled ?? '');
  if (state === undefined) return unknown('this board does not tell of its supply');
  if (state.underVoltage) return fail(`under-voltage now (${throttled})`, SUPPLY);
  const bits = Number.parseInt(throttled!.slice(throttled!.indexOf('0x')), 16);
  if ((bits & UNDER_VOLTAGE_OCCURRED) !== 0) return warn(`under-voltage since the start (${throttled})`, SUPPLY);
  return ok(`no under-voltage since the start (${throttled})`);
};
