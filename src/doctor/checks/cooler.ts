import type { StandingCheck } from '../check';
import { note, ok, unknown } from '../finding';

/** A fan that is plugged in shows as a cooling device of type pwm-fan on a Pi 5, and with its speed as a hwmon device. */
export const cooler: StandingCheck = ({ board, coolers, fan }) => {
  const rpm = /^\d+$/m.exec(fan ?? '')?.[0];
  if (rpm !== undefined) return ok(`fan, ${rpm} turns a minute`);
  if (/^pwm-fan$/m.test(coolers ?? '')) return ok('fan');
  if (!/Raspberry Pi 5/.test(board ?? '')) return unknown('no fan that can be seen here');
  return note('no fan found', 'a Pi 5 that inspects all day needs an active cooler or a case that is one');
};
