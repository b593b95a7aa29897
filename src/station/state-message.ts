import type { Budget } from '../contract/budget';
import type { GuardState } from '../contract/thermal';
import type { StationMonitor, StationSnapshot } from './monitor';

/** `step`: something was given up or given back; `state`: as it stands, every so often. */
export type StateEvent = 'step' | 'state';

/** A budget as JSON can carry it: null where there is no limit. */
export interface StatedBudget {
  framesPerSecond: number | null;
  threads: number | null;
  shadow: boolean;
  paused: boolean;
}

/** What a guard tells a dashboard. */
export interface StateMessage {
  event: StateEvent;
  /**
   * ISO 8601, UTC.
   * @format date-time
   */
  time: string;
  /** `full` … `paused`, `unknown`, `sensor lost`. */
  state: string;
  tempC: number | null;
  slopeKPerMin: number;
  /** One sentence; empty when nothing is held back. */
  reason: string;
  budget: StatedBudget;
  station: Omit<StationSnapshot, 'budget' | 'condition'> & { budget: StatedBudget };
}

function stated({ framesPerSecond, threads, shadow, paused }: Budget): StatedBudget {
  return {
    framesPerSecond: Number.isFinite(framesPerSecond) ? framesPerSecond : null,
    threads: threads ?? null,
    shadow,
    paused,
  };
}

/** A guard's state together with the numbers of the station. */
export function stateMessage(
  event: StateEvent,
  guard: GuardState,
  monitor: StationMonitor,
  nowMs: number,
): StateMessage {
  const { budget, condition: _condition, ...numbers } = monitor.snapshot();
  return {
    event,
    time: new Date(nowMs).toISOString(),
    ...guard.condition,
    slopeKPerMin: Math.round(guard.slopeKPerMin * 100) / 100,
    budget: stated(guard.budget),
    station: { ...numbers, budget: stated(budget) },
  };
}
