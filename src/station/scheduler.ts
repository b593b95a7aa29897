import { EventEmitter } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { UNLIMITED_BUDGET, type Budget, type StationRates } from '../contract/budget';
import type { ThermalCondition } from '../contract/thermal';
import type { NotInspectedReason } from '../contract/verdict';
import { affordable } from './affordable';
import { FairShare } from './fair-share';
import { RateMeter } from '../kit/rate-meter';

/** Who asks, by falling priority. */
export const ADMIT_KINDS = ['primary', 'shadow', 'calibration'] as const;
export type AdmitKind = (typeof ADMIT_KINDS)[number];

export interface AdmitRequest {
  /** Id of the camera the frame comes from (see cameraOf). */
  camera: string;
  kind: AdmitKind;
  /** Runs of a model that the frame costs, where the asker knows; default: as the camera's last one. */
  runs?: number;
  /** On the clock of performance.now(), ms; left out: now. */
  nowMs?: number;
}

export type Admission = { admitted: true } | { admitted: false; reason: NotInspectedReason; detail: string };

/** The answer for a frame that may be inspected. */
export const ADMITTED: Readonly<Admission> = { admitted: true };
/** How long spare frames stay the line's after one of its frames was refused, ms. */
const LINE_FIRST_MS = 2000;

/**
 * One budget per station (one host process), shared by every camera and model in it.
 * Emits `budget` with the new Budget, and `condition` with the new ThermalCondition, whenever one changes.
 */
export class Scheduler extends EventEmitter<{ budget: [Budget]; condition: [ThermalCondition] }> {
  #budget: Budget = { ...UNLIMITED_BUDGET };
  readonly #budgets = new Map<string, Budget>();
  readonly #conditions = new Map<string, ThermalCondition>();
  readonly #share = new FairShare();
  readonly #offered = new RateMeter();
  readonly #admitted = new RateMeter();
  readonly #inspected = new RateMeter();
  #isReported = false;
  /** What was offered and done, each frame as often as a model runs for it: that is what heats the board. */
  readonly #runsOffered = new RateMeter();
  readonly #runsAdmitted = new RateMeter();
  readonly #runsDone = new RateMeter();
  /** Runs of a model per frame, by camera; only cameras whose frames cost more than one. */
  readonly #runsPerFrame = new Map<string, number>();
  readonly #demands = new Map<string, number>();
  #refusedMs = -Infinity;

  constructor() {
    super();
    // every camera, detector and shadow of a station listens
    this.setMaxListeners(0);
  }

  get budget(): Readonly<Budget> {
    return this.#budget;
  }

  /** The hottest that any guard sees; undefined until one has looked at the board. */
  get condition(): Readonly<ThermalCondition> | undefined {
    let hottest: ThermalCondition | undefined;
    for (const condition of this.#conditions.values()) {
      if (!hottest || (condition.tempC ?? -Infinity) > (hottest.tempC ?? -Infinity)) hottest = condition;
    }
    return hottest;
  }

  /**
   * Changes what one owner allows; the station keeps to the strictest of all owners.
   *
   * @param owner who sets it: the id of a guard
   */
  setBudget(change: Partial<Budget>, owner = 'station'): void {
    this.#budgets.set(owner, { ...UNLIMITED_BUDGET, ...this.#budgets.get(owner), ...change });
    this.#merge();
  }

  /** Forgets an owner: its budget and its condition no longer count. */
  release(owner: string): void {
    this.#conditions.delete(owner);
    if (this.#budgets.delete(owner)) this.#merge();
  }

  #merge(): void {
    const before = this.#budget;
    this.#budget = strictest([...this.#budgets.values()]);
    // other words for the limits that hold already are nothing that anybody has to act on
    const { reason } = before;
    if (reason !== '' && isDeepStrictEqual({ ...this.#budget, reason }, before)) return;
    this.#share.setRate(this.#budget.framesPerSecond);
    this.emit('budget', this.#budget);
  }

  setCondition(condition: ThermalCondition, owner = 'station'): void {
    const before = this.#conditions.get(owner);
    this.#conditions.set(owner, condition);
    if (condition.state !== before?.state) this.emit('condition', condition);
  }

  /**
   * Says whether one frame may be inspected now. Constant time; to be asked once per frame, right before it is handed
   * to a detector.
   *
   * The line comes first: shadow and calibration are only ever given what all cameras leave over, and nothing for a
   * while after a frame of the line had to be refused.
   */
  admit({ camera, kind, runs = this.#runsOf(camera), nowMs = performance.now() }: AdmitRequest): Admission {
    const { paused, reason } = this.#budget;
    if (kind === 'primary') {
      this.#offered.add(nowMs);
      this.#runsOffered.add(nowMs, runs);
    }
    if (paused) return { admitted: false, reason: 'too hot', detail: reason || 'Inspection is paused' };
    if (kind !== 'primary') return this.#admitBeside(kind, runs, nowMs);
    if (!this.#share.take(camera, nowMs, runs)) {
      this.#refusedMs = nowMs;
      return { admitted: false, reason: 'too hot', detail: this.#limitText() };
    }
    this.#admitted.add(nowMs);
    this.#runsAdmitted.add(nowMs, runs);
    return ADMITTED;
  }

  #admitBeside(kind: AdmitKind, runs: number, nowMs: number): Admission {
    if (!this.#budget.shadow) {
      return { admitted: false, reason: 'too hot', detail: this.#budget.reason || `No ${kind} work now` };
    }
    if (nowMs - this.#refusedMs < LINE_FIRST_MS || !this.#share.takeSpare(nowMs, runs)) {
      return {
        admitted: false,
        reason: 'dropped by overload',
        detail: `The line needs the whole rate: no ${kind} work now`,
      };
    }
    return ADMITTED;
  }

  #limitText(): string {
    const { framesPerSecond, reason } = this.#budget;
    const what = this.#runsPerFrame.size > 0 ? 'frames or tiles' : 'frames';
    const limit = `at most ${framesPerSecond.toPrecision(2)} ${what} per second are inspected`;
    return reason ? `${reason}; ${limit}` : `A limit is set: ${limit}`;
  }

  /**
   * A camera says what it would deliver if nothing held it back, frames per second: a camera that slows down with the
   * budget still wants its rate back. undefined when it stops; 0 and Infinity are no demand that could be shared.
   */
  setDemand(camera: string, perSecond: number | undefined): void {
    if (perSecond === undefined || !(perSecond > 0) || perSecond === Infinity) this.#demands.delete(camera);
    else this.#demands.set(camera, perSecond);
  }

  /** What a camera that declared its demand may deliver now, frames per second; its demand where nothing limits it. */
  affordable(camera: string): number {
    const cameras = [...this.#demands.keys()];
    const runs = cameras.map((each) => (this.#demands.get(each) as number) * this.#runsOf(each));
    const shares = affordable(runs, this.#budget.framesPerSecond);
    return (shares[cameras.indexOf(camera)] ?? this.#budget.framesPerSecond) / this.#runsOf(camera);
  }

  /**
   * A detector has inspected a frame of the line.
   *
   * @param runs of the model: one for each tile; the camera's next frames are taken to cost the same
   */
  reportInspected(nowMs = performance.now(), { camera, runs = 1 }: { camera?: string; runs?: number } = {}): void {
    this.#isReported = true;
    this.#inspected.add(nowMs);
    this.#runsDone.add(nowMs, runs);
    if (camera === undefined) return;
    if (runs > 1) this.#runsPerFrame.set(camera, runs);
    else this.#runsPerFrame.delete(camera);
  }

  #runsOf(camera: string): number {
    return this.#runsPerFrame.get(camera) ?? 1;
  }

  /** As rates(), with every frame counted as often as a model runs for it: what a governor limits. */
  runRates(nowMs = performance.now()): Pick<StationRates, 'offeredPerSecond' | 'spentPerSecond'> {
    let declared = 0;
    for (const [camera, perSecond] of this.#demands) declared += perSecond * this.#runsOf(camera);
    return {
      offeredPerSecond: Math.max(this.#runsOffered.perSecond(nowMs), declared),
      spentPerSecond: (this.#isReported ? this.#runsDone : this.#runsAdmitted).perSecond(nowMs),
    };
  }

  rates(nowMs = performance.now()): StationRates {
    let declared = 0;
    for (const perSecond of this.#demands.values()) declared += perSecond;
    const admittedPerSecond = this.#admitted.perSecond(nowMs);
    const inspectedPerSecond = this.#inspected.perSecond(nowMs);
    return {
      offeredPerSecond: Math.max(this.#offered.perSecond(nowMs), declared),
      admittedPerSecond,
      inspectedPerSecond,
      spentPerSecond: this.#isReported ? inspectedPerSecond : admittedPerSecond,
    };
  }
}

/** What is left when everybody's limits hold; the reason is that of the one that takes most. */
function strictest(budgets: Budget[]): Budget {
  const tight = (budget: Budget) => [budget.paused ? 1 : 0, -budget.framesPerSecond, budget.shadow ? 0 : 1];
  const sorted = [...budgets].sort((a, b) => {
    const [x, y] = [tight(a), tight(b)];
    const differing = x.findIndex((value, i) => value !== y[i]);
    return differing === -1 ? 0 : (y[differing] ?? 0) - (x[differing] ?? 0);
  });
  const threads = budgets.flatMap((budget) => (budget.threads === undefined ? [] : [budget.threads]));
  return {
    framesPerSecond: Math.min(Infinity, ...budgets.map((budget) => budget.framesPerSecond)),
    threads: threads.length > 0 ? Math.min(...threads) : undefined,
    shadow: budgets.every((budget) => budget.shadow),
    paused: budgets.some((budget) => budget.paused),
    reason: sorted.find((budget) => budget.reason !== '')?.reason ?? '',
  };
}
