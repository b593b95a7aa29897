import { RateMeter } from '../../kit/rate-meter';
import { Random } from '../../kit/random';
import { CONTROLLERS, type ControllerName } from './controllers';
import type { ThermalLevel } from '../../contract/thermal';
import { GOVERNOR_DEFAULTS } from '../../thermal/governor-options';
import { Plant, capacityPerSecond, sustainableRate } from './plant';
import { plantParameters, varied, type Cooling, type PlantParameters } from './plant-parameters';
import { SENSOR_MODEL, sensorReading, type SensorModelOptions } from './sensor-model';

export interface ThermalSimulation {
  /** Air around the board, °C: one value, or one per time. */
  ambientC: number | ((minute: number) => number);
  cooling: Cooling;
  minutes: number;
  /** Part of what four threads can do that is asked for, 0 … 1: one value, or one per time. */
  load: number | ((minute: number) => number);
  softC?: number;
  hardC?: number;
  /** Part of the frames a shadow model sees too, 0 … 1. */
  shadowShare?: number;
  seed?: number;
  /** ± part by which every plant parameter is varied, 0 … 1. */
  spread?: number;
  sensor?: SensorModelOptions;
  controller?: ControllerName;
  /** Instead of the parameters of the cooling. */
  parameters?: PlantParameters;
  /** Keep a sample of the run every so many seconds; 0: none. */
  traceEveryS?: number;
}

export interface ThermalStep {
  atS: number;
  level: ThermalLevel;
  framesPerSecond: number | null;
  threads: number | null;
  shadow: boolean;
  reason: string;
}

export interface TracePoint {
  atS: number;
  tempC: number;
  readC: number;
  ambientC: number;
  ratePerSecond: number;
  level: ThermalLevel;
}

export interface ThermalResult {
  controller: ControllerName;
  /** True temperatures of the die, not readings. */
  maxTempC: number;
  secondsAboveHard: number;
  inspections: number;
  /** Inspections per second over the run, and over its second half: steady state. */
  rate: number;
  steadyRate: number;
  /** The constant rate whose steady state is `soft`, inspections per second, never more than was asked for. */
  sustainableRate: number;
  /** Where the board ends up doing nothing, °C. */
  idleC: number;
  steps: ThermalStep[];
  /** Changes in the second half, and the most of them in any 60 s of it. */
  steadySteps: number;
  mostStepsPerMinute: number;
  /** Mean clock in the second half, as a part of the full one: below 1 every inference takes longer. */
  steadyClock: number;
  /** Longest time without an inspection, s. */
  longestGapS: number;
  parameters: PlantParameters;
  trace: TracePoint[];
}

/** Runs a board, a sensor and a controller for a time, second by second. Same input, same result. */
export function simulateThermal(options: ThermalSimulation): ThermalResult {
  const random = new Random('thermal', options.seed ?? 1);
  const base = options.parameters ?? plantParameters(options.cooling);
  const parameters = options.spread ? varied(base, options.spread, random) : base;
  const softC = options.softC ?? GOVERNOR_DEFAULTS.softC;
  const hardC = options.hardC ?? GOVERNOR_DEFAULTS.hardC;
  const ambientAt = typeof options.ambientC === 'number' ? () => options.ambientC as number : options.ambientC;
  const loadAt = typeof options.load === 'number' ? () => options.load as number : options.load;
  const capacity = capacityPerSecond(parameters, 4);
  const sensor = options.sensor ?? SENSOR_MODEL;
  const shadowShare = options.shadowShare ?? 0.2;
  const controllerName = options.controller ?? 'governor';
  const control = CONTROLLERS[controllerName]({ softC, hardC });
  const totalS = Math.round(options.minutes * 60);

  const resistance = parameters.dieKPerW + parameters.bodyKPerW;
  const plant = new Plant(parameters, ambientAt(0));
  const result: ThermalResult = {
    controller: controllerName,
    maxTempC: plant.dieC,
    secondsAboveHard: 0,
    inspections: 0,
    rate: 0,
    steadyRate: 0,
    sustainableRate: Math.min(
      loadAt(options.minutes) * capacity,
      sustainableRate(parameters, ambientAt(options.minutes), softC),
    ),
    idleC: ambientAt(options.minutes) + parameters.idleW * resistance,
    steps: [],
    steadySteps: 0,
    mostStepsPerMinute: 0,
    steadyClock: 0,
    longestGapS: 0,
    parameters,
    trace: [],
  };
  const meter = new RateMeter();
  let steadyInspections = 0;
  let steadyClocks = 0;
  let sinceInspection = 0;
  let lastInspectionS = 0;

  for (let second = 0; second < totalS; second++) {
    const ambientC = ambientAt(second / 60);
    const demand = loadAt(second / 60) * capacity;
    const readC = sensorReading(plant.dieC, random, sensor);
    const state = control({
      nowMs: second * 1000,
      tempC: readC,
      inspectedPerSecond: meter.perSecond(second * 1000),
      offeredPerSecond: demand,
    });
    const { budget } = state;
    if (state.changed) {
      result.steps.push({
        atS: second,
        level: state.level,
        framesPerSecond: Number.isFinite(budget.framesPerSecond) ? budget.framesPerSecond : null,
        threads: budget.threads ?? null,
        shadow: budget.shadow,
        reason: budget.reason,
      });
    }
    const ratePerSecond = budget.paused ? 0 : Math.min(demand, budget.framesPerSecond);
    const threads = budget.threads !== undefined && budget.threads < 4 ? 2 : 4;
    const done = plant.step({ ratePerSecond, threads, shadowShare: budget.shadow ? shadowShare : 0 }, ambientC, 1);
    meter.add(second * 1000 + 1000, done);
    result.inspections += done;
    if (second >= totalS / 2) {
      steadyInspections += done;
      steadyClocks += plant.clock;
    }
    sinceInspection += done;
    if (sinceInspection >= 1) {
      sinceInspection %= 1;
      lastInspectionS = second;
    }
    result.longestGapS = Math.max(result.longestGapS, second - lastInspectionS);
    result.maxTempC = Math.max(result.maxTempC, plant.dieC);
    if (plant.dieC > hardC) result.secondsAboveHard++;
    if (options.traceEveryS && second % options.traceEveryS === 0) {
      result.trace.push({ atS: second, tempC: plant.dieC, readC, ambientC, ratePerSecond: done, level: state.level });
    }
  }
  result.rate = result.inspections / totalS;
  result.steadyRate = steadyInspections / (totalS - Math.ceil(totalS / 2));
  result.steadyClock = steadyClocks / (totalS - Math.ceil(totalS / 2));
  const steady = result.steps.filter((step) => step.atS >= totalS / 2).map((step) => step.atS);
  result.steadySteps = steady.length;
  result.mostStepsPerMinute = Math.max(
    0,
    ...steady.map((at) => steady.filter((other) => other >= at && other < at + 60).length),
  );
  return result;
}
