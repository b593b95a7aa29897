import { EventEmitter } from 'node:events';

/** What a station may spend right now. thermal-guard sets it; cameras, detectors and shadows keep to it. */
export interface Budget {
  /** Frames that may be inspected per second, over all cameras; Infinity: no limit. */
  framesPerSecond: number;
  /** Inference threads a detector may use; undefined: as configured. */
  threads: number | undefined;
  /** Whether shadow models may run. */
  shadow: boolean;
  /** No inspection at all until it is false again. */
  paused: boolean;
  /** One sentence: why the budget is less than everything. Empty when nothing is held back. */
  reason: string;
}

export const UNLIMITED_BUDGET: Readonly<Budget> = {
  framesPerSecond: Infinity,
  threads: undefined,
  shadow: true,
  paused: false,
  reason: '',
};

/**
 * One budget per station (one Node-RED process), shared by every camera and model in it.
 * Emits `budget` with the new Budget whenever it changes.
 */
export class Scheduler extends EventEmitter<{ budget: [Budget] }> {
  #budget: Budget = { ...UNLIMITED_BUDGET };

  constructor() {
    super();
    // every camera, detector and shadow of a station listens
    this.setMaxListeners(0);
  }

  get budget(): Readonly<Budget> {
    return this.#budget;
  }

  setBudget(change: Partial<Budget>): void {
    this.#budget = { ...this.#budget, ...change };
    this.emit('budget', this.#budget);
  }
}

/** The one budget of this process. */
export const stationScheduler = new Scheduler();
