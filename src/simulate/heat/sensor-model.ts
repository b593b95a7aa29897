import type { Random } from '../../kit/random';

export interface SensorModelOptions {
  /** Size of a step of the readings, °C. A Pi 5 reads in steps of 0.55 °C, older boards of 0.5 to 1. */
  quantumC: number;
  /** Standard deviation of a reading, °C. */
  noiseC: number;
}

export const SENSOR_MODEL: SensorModelOptions = { quantumC: 0.55, noiseC: 0.5 };

/** What a thermal zone would read for a true temperature, °C. */
export function sensorReading(trueC: number, random: Random, options = SENSOR_MODEL): number {
  const noisy = trueC + options.noiseC * random.normal();
  return Math.round(noisy / options.quantumC) * options.quantumC;
}
