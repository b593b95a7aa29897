import type { Budget } from '../contract/budget';
import { GOVERNOR_DEFAULTS } from './governor-options';

/** A sensor without a usable reading for this long is lost, ms; a single bad reading is not. */
export const LOST_AFTER_MS = 5000;
/** A board that was paused for heat when its sensor was lost cools for this long, ms; then it inspects carefully. */
export const SENSOR_LOST_PAUSE_MS = 600_000;
/** Part of the rate that is kept without a sensor. */
const SENSOR_LOST_SHARE = 0.5;

/**
 * What may be spent while nobody knows how hot it is: no shadow, reduced threads, half the rate, and never more than
 * before. The firmware's own limit at 85 °C stays behind it.
 *
 * @param budget what was allowed last
 * @param ratePerSecond what was inspected of late; 0 when nothing was
 */
export function budgetWithoutSensor({
  budget,
  paused,
  ratePerSecond,
}: {
  budget: Budget;
  paused: boolean;
  ratePerSecond: number;
}): Budget {
  const halved = ratePerSecond > 0 ? SENSOR_LOST_SHARE * ratePerSecond : Infinity;
  return {
    framesPerSecond: Math.min(budget.framesPerSecond, halved),
    threads: GOVERNOR_DEFAULTS.reducedThreads,
    shadow: false,
    paused,
    reason: paused
      ? 'The temperature sensor was lost while the board was too hot: inspection stays paused for ten minutes'
      : 'The temperature sensor was lost: no shadow models, fewer threads and half the rate until it is back',
  };
}
