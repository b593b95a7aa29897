import { UNLIMITED_BUDGET } from '../../contract/budget';
import type { ThermalLevel } from '../../contract/thermal';
import { Governor, type GovernorInput, type GovernorState } from '../../thermal/governor';

/** One row per way to answer heat: the governor and what it is measured against. */
export const CONTROLLER_NAMES = ['governor', 'firmware', 'thermostat'] as const;
export type ControllerName = (typeof CONTROLLER_NAMES)[number];

type Control = (input: GovernorInput) => GovernorState;
type MakeControl = (limits: { softC: number; hardC: number }) => Control;

/** How far below soft a plain thermostat switches on again, K: a usual value for a two-point controller. */
const THERMOSTAT_BAND_K = 5;

export const CONTROLLERS: Record<ControllerName, MakeControl> = {
  governor: (limits) => {
    const governor = new Governor(limits);
    return (input) => governor.update(input);
  },
  /** Nobody acts: the firmware slows the clock from 80 °C on, which the plant does by itself. */
  firmware: () => (input) => ({
    level: 'full',
    budget: { ...UNLIMITED_BUDGET },
    changed: false,
    tempC: input.tempC,
    slopeKPerS: 0,
  }),
  /** Off at soft, on again some degrees below: the usual script. */
  thermostat: ({ softC }) => {
    let paused = false;
    return ({ tempC }) => {
      const before = paused;
      if (tempC >= softC) paused = true;
      else if (tempC <= softC - THERMOSTAT_BAND_K) paused = false;
      const level: ThermalLevel = paused ? 'paused' : 'full';
      return {
        level,
        budget: { ...UNLIMITED_BUDGET, paused, reason: paused ? `${tempC.toFixed(1)} °C` : '' },
        changed: before !== paused,
        tempC,
        slopeKPerS: 0,
      };
    };
  },
};
