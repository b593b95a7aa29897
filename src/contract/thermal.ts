import type { Budget, StationRates } from './budget';
import type { DetectorLike } from './detector';

/** What is given up, in this order; each level includes the ones before it. */
export const THERMAL_LEVELS = ['full', 'shadow off', 'rate reduced', 'threads reduced', 'paused'] as const;
export type ThermalLevel = (typeof THERMAL_LEVELS)[number];

/** How the board does, as it stands on every result and alert. */
export interface ThermalCondition {
  /** What is given up: a ThermalLevel; `unknown` without a sensor, `sensor lost` when there was one. */
  state: string;
  /** °C; null when no sensor can be read. */
  tempC: number | null;
  /** One sentence; empty when nothing is held back. */
  reason: string;
}

/** What the firmware says it does to the clock. */
export interface Throttling {
  underVoltage: boolean;
  frequencyCapped: boolean;
  throttled: boolean;
  softTempLimit: boolean;
  /** Any of them since the board was started. */
  hasOccurred: boolean;
}

/** Power of each supply rail of the board, W, by its name. */
export type Rails = Record<string, number>;

/** What the board says about itself; every part is missing where there is no sensor for it. */
export interface BoardReading {
  tempC?: number;
  clockMHz?: number;
  throttling?: Throttling;
  /** Power of the supply rails, W, and their sum. */
  rails?: Rails;
  powerW?: number;
  fanRpm?: number;
}

/** A guard's state as it is told: what is given up and why, and what the board says. */
export interface GuardState {
  condition: ThermalCondition;
  budget: Budget;
  slopeKPerMin: number;
  board: BoardReading;
}

/** What a guard needs of the station's scheduler: it sets what may be spent, under its own name. */
export interface BudgetSetter {
  readonly budget: Readonly<Budget>;
  /** Every frame counted as often as a model runs for it. */
  runRates(): Pick<StationRates, 'offeredPerSecond' | 'spentPerSecond'>;
  setBudget(change: Partial<Budget>, owner: string): void;
  setCondition(condition: ThermalCondition, owner: string): void;
  release(owner: string): void;
}

/** What a guard needs of whoever keeps the detectors' threads. */
export interface ThreadLimiter {
  limit(owner: string, threads: number | undefined, only?: Pick<DetectorLike, 'reconfigure'>): void;
}
