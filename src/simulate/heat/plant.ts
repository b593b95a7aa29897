import type { PlantParameters } from './plant-parameters';

/** Threads the model knows power and time for. */
export type PlantThreads = 4 | 2;

/** What runs on the board during a step. */
export interface PlantLoad {
  /** Inspections that are asked for, per second. */
  ratePerSecond: number;
  threads: PlantThreads;
  /** Extra inferences per inspection (a shadow model on a sample), run only in time the line leaves free. */
  shadowShare: number;
}

/** Longest integration step, s; the die's time constant is about 4.5 s. */
const MAX_STEP_S = 0.5;

/**
 * Clock the firmware allows, as a part of the full one. Cores are slowed progressively between 80 and 85 °C and held
 * down from there on (raspberrypi.com, "Frequency management and thermal control"). 1.5 of 2.4 GHz at 85 °C and
 * 1.0 GHz above are this model's reading of "progressively".
 */
export function firmwareClock(dieC: number): number {
  if (dieC < 80) return 1;
  if (dieC < 85) return 1 - (1 - 1500 / 2400) * ((dieC - 80) / 5);
  return 1000 / 2400;
}

/** Active power falls faster than the clock because the voltage falls with it: f · V², V roughly with the root of f. */
function clockPower(clock: number): number {
  return clock * clock;
}

/** Most inspections per second at full clock. */
export function capacityPerSecond(parameters: PlantParameters, threads: PlantThreads): number {
  return 1000 / parameters.inferMs[threads];
}

/**
 * The constant rate whose steady state is `targetC`, inspections per second, all threads, no shadow:
 * (target − ambient) / (die + body resistance) is the power that can leave; what idling does not take is inspections.
 * 0 where idling alone is hotter; the capacity where full load is cooler.
 */
export function sustainableRate(parameters: PlantParameters, ambientC: number, targetC: number): number {
  const leavingW = (targetC - ambientC) / (parameters.dieKPerW + parameters.bodyKPerW);
  const joulePerInspection = (parameters.activeW[4] * parameters.inferMs[4]) / 1000;
  const rate = (leavingW - parameters.idleW) / joulePerInspection;
  return Math.min(Math.max(rate, 0), capacityPerSecond(parameters, 4));
}

/** The board: temperatures of die and body, °C, and what it does with a load. */
export class Plant {
  dieC: number;
  bodyC: number;
  /** The clock the firmware allowed last, as a part of the full one. */
  clock = 1;

  /** A board that has been idling long enough for its temperatures to stand still. */
  constructor(
    readonly parameters: PlantParameters,
    ambientC: number,
  ) {
    this.bodyC = ambientC + parameters.idleW * parameters.bodyKPerW;
    this.dieC = this.bodyC + parameters.idleW * parameters.dieKPerW;
  }

  /**
   * Runs the board for a time.
   *
   * @param seconds how long
   * @param ambientC air around the board, °C
   * @returns inspections done, at most what was asked for and what the clock allowed
   */
  step(load: PlantLoad, ambientC: number, seconds: number): number {
    const { parameters: p } = this;
    const steps = Math.ceil(seconds / MAX_STEP_S);
    const dt = seconds / steps;
    let done = 0;
    for (let i = 0; i < steps; i++) {
      const clock = firmwareClock(this.dieC);
      this.clock = clock;
      const capacity = capacityPerSecond(p, load.threads) * clock;
      const rate = Math.min(load.ratePerSecond, capacity);
      const busy = Math.min(1, (rate * (1 + load.shadowShare)) / capacity);
      const powerW = p.idleW + p.activeW[load.threads] * busy * clockPower(clock);
      const toBodyW = (this.dieC - this.bodyC) / p.dieKPerW;
      const toAirW = (this.bodyC - ambientC) / p.bodyKPerW;
      this.dieC += ((powerW - toBodyW) / p.dieJPerK) * dt;
      this.bodyC += ((toBodyW - toAirW) / p.bodyJPerK) * dt;
      done += rate * dt;
    }
    return done;
  }
}
