/** What a station may spend right now. thermal-guard sets it; cameras, detectors and shadows keep to it. */
export interface Budget {
  /** Frames that may be inspected per second, over all cameras; one in tiles counts as its tiles. Infinity: no limit. */
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

export interface StationRates {
  /** Inspections asked for per second, also by cameras that hold back. */
  offeredPerSecond: number;
  /** Inspections admitted per second. */
  admittedPerSecond: number;
  /** Inspections that a detector of the station has done, per second. */
  inspectedPerSecond: number;
  /** What the board is heated by: inspections done, or those admitted as long as no detector has told of any. */
  spentPerSecond: number;
}

/** What cameras see of the station's budget. A camera is known by its id: two may have one name. */
export interface CameraBudget {
  readonly budget: Readonly<Budget>;
  /** What a camera would deliver if nothing held it back, frames per second; undefined when it stops. */
  setDemand(camera: string, perSecond: number | undefined): void;
  /** What it may deliver now, frames per second. */
  affordable(camera: string): number;
  on(event: 'budget', listener: (budget: Budget) => void): unknown;
  off(event: 'budget', listener: (budget: Budget) => void): unknown;
}
