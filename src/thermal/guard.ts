import { EventEmitter } from 'node:events';
import type { Budget } from '../contract/budget';
import type { DetectorLike } from '../contract/detector';
import type { BudgetSetter, GuardState, ThreadLimiter } from '../contract/thermal';
import { budgetWithoutSensor, SENSOR_LOST_PAUSE_MS, LOST_AFTER_MS } from './sensor-lost';
import { Governor, type GovernorState } from './governor';
import type { GovernorOptions } from './governor-options';
import type { BoardSensor } from './sensors/board';

export interface GuardOptions {
  /** Names this guard's budget in the scheduler. */
  owner: string;
  governor: Partial<GovernorOptions>;
  /** Time between two looks at the temperature, ms. Default: a 240th of the governor's lead, a second as a rule. */
  intervalMs?: number;
  /** Time between two looks at clock, power and fan, ms: they cost a few processes. */
  restEveryMs?: number;
}

export interface GuardSurroundings {
  sensor: Pick<BoardSensor, 'readTempC' | 'readRest'>;
  scheduler: BudgetSetter;
  threads: ThreadLimiter;
  /** The detector whose threads are reduced; undefined: all of the station. */
  only?: Pick<DetectorLike, 'reconfigure'>;
  /** ms, never runs backwards. */
  clock?: () => number;
}

/** Sensors do not say anything new more often than this, ms. */
const LEAST_INTERVAL_MS = 50;
/** Looks without a reading before a machine counts as one without sensors. */
const SENSORLESS_AFTER = 3;

/**
 * Looks at a board's temperature, lets the governor decide, and hands the budget to the station. Emits `step` whenever
 * the budget changes and `problem` with one sentence when there is no sensor, or none any more.
 *
 * - A machine without a sensor: one problem, state `unknown`, nothing is held back.
 * - A sensor that is lost for a while (gone, garbage, implausible): state `sensor lost`, a cautious budget (see sensor-lost.ts)
 *   until it is back.
 */
export class ThermalGuard extends EventEmitter<{ step: [GuardState]; problem: [string] }> {
  readonly #options: Required<GuardOptions>;
  readonly #around: GuardSurroundings;
  readonly #clock: () => number;
  #governor: Governor;
  #timers: NodeJS.Timeout[] = [];
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;
  #missed = 0;
  #seenMs: number | undefined;
  #lostMs: number | undefined;
  #isSensorless = false;
  #state: GuardState;

  constructor(options: GuardOptions, around: GuardSurroundings) {
    super();
    this.#governor = new Governor(options.governor);
    const intervalMs = Math.min(1000, Math.max(LEAST_INTERVAL_MS, (this.#governor.options.leadS / 240) * 1000));
    this.#options = { intervalMs, restEveryMs: 5000, ...options };
    this.#around = around;
    this.#clock = around.clock ?? (() => performance.now());
    this.#state = {
      condition: { state: 'unknown', tempC: null, reason: '' },
      budget: { ...around.scheduler.budget },
      slopeKPerMin: 0,
      board: {},
    };
  }

  get state(): GuardState {
    return this.#state;
  }

  get limits(): { softC: number; hardC: number } {
    const { softC, hardC } = this.#governor.options;
    return { softC, hardC };
  }

  /** Other limits from the next look on; what is held back now is judged by them. */
  setLimits(limits: { softC: number; hardC: number }): void {
    Object.assign(this.#governor.options, limits);
  }

  start(): void {
    this.#repeat(() => this.look(), this.#options.intervalMs);
    this.#repeat(() => this.lookAround(), this.#options.restEveryMs);
  }

  /** Ends the looking and takes back what was held back. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#around.scheduler.release(this.#options.owner);
    this.#around.threads.limit(this.#options.owner, undefined);
    await this.#looking;
  }

  /** Runs a look again and again; the next one only when the last one is over. */
  #repeat(look: () => Promise<void>, everyMs: number): void {
    const index = this.#timers.length;
    const run = () => {
      const looking = look().finally(() => {
        if (!this.#isStopped) this.#timers[index] = setTimeout(run, everyMs);
      });
      this.#looking = Promise.all([this.#looking, looking]).then(() => {});
    };
    this.#timers.push(setTimeout(run, 0));
  }

  /** One look at everything but the temperature. */
  async lookAround(): Promise<void> {
    const board = await this.#around.sensor.readRest();
    this.#state = { ...this.#state, board: { ...board, tempC: this.#state.condition.tempC ?? undefined } };
  }

  /** One look at the temperature, and what follows from it. */
  async look(): Promise<void> {
    const tempC = await this.#around.sensor.readTempC();
    if (this.#isStopped) return;
    const nowMs = this.#clock();
    if (tempC === undefined) this.#onMissing(nowMs);
    else this.#onReading(tempC, nowMs);
  }

  #onReading(tempC: number, nowMs: number): void {
    const wasLost = this.#lostMs !== undefined || this.#isSensorless;
    this.#missed = 0;
    this.#seenMs = nowMs;
    this.#lostMs = undefined;
    this.#isSensorless = false;
    const { offeredPerSecond, spentPerSecond } = this.#around.scheduler.runRates();
    const decided = this.#governor.update({ nowMs, tempC, inspectedPerSecond: spentPerSecond, offeredPerSecond });
    this.#tell(decided, tempC, wasLost);
  }

  #tell({ level, budget, changed, slopeKPerS }: GovernorState, readC: number, wasLost: boolean): void {
    const condition = { state: level, tempC: Math.round(readC * 10) / 10, reason: budget.reason };
    this.#state = {
      condition,
      budget,
      slopeKPerMin: slopeKPerS * 60,
      board: { ...this.#state.board, tempC: condition.tempC },
    };
    this.#around.scheduler.setCondition(condition, this.#options.owner);
    if (changed || wasLost) this.#spend(budget);
    // frames that are refused from now on are told how hot it is now
    else if (budget.reason !== '') this.#around.scheduler.setBudget(budget, this.#options.owner);
  }

  #onMissing(nowMs: number): void {
    this.#missed += 1;
    if (this.#seenMs === undefined) {
      if (this.#isSensorless || this.#missed < SENSORLESS_AFTER) return;
      this.#isSensorless = true;
      this.#setUnseen('unknown', '');
      this.emit('problem', 'There is no temperature sensor on this machine: nothing is held back, whatever the heat');
      return;
    }
    if (this.#lostMs === undefined) {
      if (nowMs - this.#seenMs < LOST_AFTER_MS) return;
      this.#lostMs = nowMs;
      this.emit('problem', 'The temperature sensor gives no usable reading any more: inspecting less until it is back');
    }
    this.#blind(nowMs - this.#lostMs);
  }

  #blind(lostForMs: number): void {
    const { offeredPerSecond, spentPerSecond } = this.#around.scheduler.runRates();
    const wasPaused = this.#state.condition.state === 'paused' || this.#state.budget.paused;
    const stillPaused = wasPaused && lostForMs < SENSOR_LOST_PAUSE_MS;
    const { budget } = this.#state;
    const isNew = this.#state.condition.state !== 'sensor lost' || budget.paused !== stillPaused;
    if (!isNew) return;
    const next = budgetWithoutSensor({
      budget,
      paused: stillPaused,
      ratePerSecond: spentPerSecond || offeredPerSecond,
    });
    this.#setUnseen('sensor lost', next.reason);
    // what the sensor says when it is back has little to do with what it said before
    this.#governor = new Governor(this.#governor.options);
    this.#state = { ...this.#state, budget: next };
    this.#spend(next);
  }

  #setUnseen(state: string, reason: string): void {
    const condition = { state, tempC: null, reason };
    this.#state = { ...this.#state, condition, slopeKPerMin: 0, board: { ...this.#state.board, tempC: undefined } };
    this.#around.scheduler.setCondition(condition, this.#options.owner);
  }

  #spend(budget: Budget): void {
    this.#around.scheduler.setBudget(budget, this.#options.owner);
    this.#around.threads.limit(this.#options.owner, budget.threads, this.#around.only);
    this.emit('step', this.#state);
  }
}
