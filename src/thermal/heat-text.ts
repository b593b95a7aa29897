import type { GovernorOptions } from './governor-options';
import type { ThermalLevel } from '../contract/thermal';

/** What each level gives up, for the sentence in a budget. */
const GIVEN_UP: Record<ThermalLevel, string> = {
  full: 'nothing is held back',
  'shadow off': 'shadow models are off',
  'rate reduced': 'shadow models are off and fewer frames are inspected',
  'threads reduced': 'shadow models are off, fewer frames are inspected and with fewer threads',
  paused: 'inspection is paused',
};

/** One sentence: how hot, where it is going, what is given up. */
export function describeHeat(
  level: ThermalLevel,
  options: Pick<GovernorOptions, 'softC' | 'hardC'>,
  tempC: number,
  slopeKPerS: number,
): string {
  const perMinute = slopeKPerS * 60;
  const course =
    Math.abs(perMinute) < 0.5
      ? 'steady'
      : `${perMinute > 0 ? 'rising' : 'falling'} ${Math.abs(perMinute).toFixed(1)} °C/min`;
  return `${tempC.toFixed(1)} °C and ${course}, to be kept at ${options.softC} °C (never above ${options.hardC} °C): ${GIVEN_UP[level]}`;
}
