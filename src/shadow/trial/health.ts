import type { Verdict } from '../../contract/verdict';
import { difference, wilson, type Share } from '../../kit/intervals';
import { percentile } from '../../kit/percentiles';

/** How a model does on the line, in numbers that a swap must not worsen. */
export interface LineHealth {
  parts: number;
  failed: number;
  notInspected: number;
  /** Median time from frame to answer over the last parts, ms; undefined before the first. */
  medianMs: number | undefined;
  timedParts: number;
}

/** Latencies that the median looks back on. */
const LATENCIES = 300;

/** Counts parts and their latencies under one model. */
export class HealthTally {
  #parts = 0;
  #failed = 0;
  #notInspected = 0;
  readonly #latenciesMs: number[] = [];

  add(verdict: Verdict, latencyMs?: number): void {
    this.#parts++;
    if (verdict === 'FAIL') this.#failed++;
    if (verdict === 'NOT_INSPECTED') this.#notInspected++;
    if (latencyMs === undefined) return;
    this.#latenciesMs.push(latencyMs);
    if (this.#latenciesMs.length > LATENCIES) this.#latenciesMs.shift();
  }

  get current(): LineHealth {
    return {
      parts: this.#parts,
      failed: this.#failed,
      notInspected: this.#notInspected,
      medianMs: percentile(this.#latenciesMs, 0.5),
      timedParts: this.#latenciesMs.length,
    };
  }
}

export interface HealthLimits {
  windowMs: number;
  /** No end of the window before this many parts: a line at rest proves nothing. */
  minimumParts: number;
  /** Restarts of the detector that end the trial. */
  restarts: number;
  /** The NOT_INSPECTED share may be this much higher than under the former model, 0 … 1. */
  notInspectedRise: number;
  /** The share of failed parts may differ by this much from the former model's, 0 … 1. */
  defectShift: number;
  /** The median latency may be this many times the former model's. */
  latencyRatio: number;
}

export const HEALTH_DEFAULTS: Readonly<HealthLimits> = {
  windowMs: 15 * 60_000,
  minimumParts: 30,
  restarts: 2,
  notInspectedRise: 0.02,
  defectShift: 0.1,
  latencyRatio: 1.5,
};

/**
 * Quantile of the intervals here: 99.9 %. They are looked at after every part of a window, and a trial that is ended by
 * chance costs more than one that is ended some parts later.
 */
const Z_OFTEN_LOOKED_AT = 3.29;

export interface HealthState {
  state: 'watching' | 'healthy' | 'unhealthy';
  /** One sentence. */
  reason: string;
  before: LineHealth;
  now: LineHealth;
  restarts: number;
  remainingMs: number;
}

export interface HealthInput {
  before: LineHealth;
  now: LineHealth;
  restarts: number;
  elapsedMs: number;
}

const inspectedFailures = ({ failed, parts, notInspected }: LineHealth): Share =>
  wilson(failed, parts - notInspected, Z_OFTEN_LOOKED_AT);
const notInspectedShare = ({ notInspected, parts }: LineHealth): Share =>
  wilson(notInspected, parts, Z_OFTEN_LOOKED_AT);
const percent = ({ share = 0 }: Share) => `${(share * 100).toFixed(1)} %`;

/** One complaint per row: a sentence when the trial must end. */
const COMPLAINTS: ((input: HealthInput, limits: HealthLimits) => string | undefined)[] = [
  ({ restarts }, limits) =>
    restarts >= limits.restarts ? `The detector was restarted ${restarts} times under the new model` : undefined,
  ({ before, now }, limits) => {
    const [was, is] = [notInspectedShare(before), notInspectedShare(now)];
    if (difference(was, is).low <= limits.notInspectedRise) return undefined;
    return `${percent(is)} of the parts are not inspected, ${percent(was)} under the former model`;
  },
  ({ before, now }, limits) => {
    const [was, is] = [inspectedFailures(before), inspectedFailures(now)];
    const { low, high } = difference(was, is);
    if (low <= limits.defectShift && high >= -limits.defectShift) return undefined;
    return `${percent(is)} of the parts fail, ${percent(was)} under the former model`;
  },
  ({ before, now }, limits) => {
    const enough = Math.min(before.timedParts, now.timedParts) >= limits.minimumParts;
    if (!enough || before.medianMs === undefined || now.medianMs === undefined) return undefined;
    if (now.medianMs <= before.medianMs * limits.latencyRatio) return undefined;
    return `A part takes ${now.medianMs.toFixed(0)} ms, ${before.medianMs.toFixed(0)} ms under the former model`;
  },
];

/** Judges a model on trial against the one before it; pure, so it can be asked after every part. */
export function judgeHealth(input: HealthInput, limits: HealthLimits = HEALTH_DEFAULTS): HealthState {
  const { before, now, restarts, elapsedMs } = input;
  const remainingMs = Math.max(0, limits.windowMs - elapsedMs);
  const state = (word: HealthState['state'], reason: string): HealthState => {
    return { state: word, reason, before, now, restarts, remainingMs };
  };
  const complaint = COMPLAINTS.map((complain) => complain(input, limits)).find((sentence) => sentence !== undefined);
  if (complaint !== undefined) return state('unhealthy', complaint);
  if (remainingMs > 0) return state('watching', `${Math.ceil(remainingMs / 60_000)} minutes of the window are left`);
  if (now.parts < limits.minimumParts) {
    return state('watching', `The window waits for ${limits.minimumParts - now.parts} more parts`);
  }
  return state('healthy', `No complaint over ${now.parts} parts`);
}
