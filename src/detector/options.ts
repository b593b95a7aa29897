import { availableParallelism } from 'node:os';
import { expected } from '../contract/errors';
import { booleanValue, integerBetween, nonEmptyString, oneOf } from '../contract/validate';
import type { DetectorOptions, Overload } from '../contract/detector';

export const OVERLOAD_POLICIES: readonly Overload[] = ['latest', 'every'];

/** What an option is when it is not given. */
export const DETECTOR_DEFAULTS = {
  /** 0: one per core, at most MAX_AUTO_THREADS. */
  threads: 0,
  /** 0: see actualLanes. */
  lanes: 0,
  /** Frames. */
  queueLimit: 2,
  overload: 'latest' as Overload,
  /** Milliseconds. */
  watchdogMs: 10_000,
  /** 0 … 19, as in nice(1). */
  nice: 0,
  memoryMapped: false,
};

/** More threads than this bring nothing for the model sizes of an inspection and take the machine from other work. */
const MAX_AUTO_THREADS = 4;

export type CheckedOptions = Required<DetectorOptions>;

type Check = (value: unknown) => unknown;

const CHECKS: Record<keyof DetectorOptions, Check> = {
  model: (value) => nonEmptyString(value, 'model'),
  threads: (value) => integerBetween(value, 'threads', 0, 64),
  lanes: (value) => integerBetween(value, 'lanes', 0, 8),
  queueLimit: (value) => integerBetween(value, 'queueLimit', 1, 1000),
  overload: (value) => oneOf(value, 'overload', OVERLOAD_POLICIES),
  watchdogMs: (value) => integerBetween(value, 'watchdogMs', 100, 3_600_000),
  nice: (value) => integerBetween(value, 'nice', 0, 19),
  memoryMapped: (value) => booleanValue(value, 'memoryMapped'),
};

/**
 * Fills in defaults and checks every option; unknown keys are refused.
 *
 * @throws InspectionError BAD_ARGUMENT
 */
export function checkOptions(options: DetectorOptions): CheckedOptions {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [key] of given) {
    if (!(key in CHECKS)) throw expected(`only ${Object.keys(CHECKS).join(', ')}`, 'the detector options', key);
  }
  const all: Record<string, unknown> = { ...DETECTOR_DEFAULTS, ...Object.fromEntries(given) };
  return Object.fromEntries(
    Object.entries(CHECKS).map(([key, check]) => [key, check(all[key])]),
  ) as unknown as CheckedOptions;
}

/** Intra-op threads that `threads: 0` stands for on this machine. */
export function actualThreads(threads: number): number {
  return threads > 0 ? threads : Math.min(MAX_AUTO_THREADS, availableParallelism());
}

/** Lanes when inference may use every core: see actualLanes. */
const FULL_LANES = 2;

/**
 * How many lanes `lanes: 0` stands for. Threads of one run wait for each other between layers, the more so while a core
 * decodes the next picture; two runs with half the threads each do not (2 cores, yolov8n FP32: 18.5 → 24 images/s, for the
 * memory of a second session, and a single frame takes 76 instead of 60 ms). With fewer threads than cores somebody set a
 * limit for other reasons than throughput: one lane then.
 *
 * @param threads of all lanes together, ≥ 1
 */
export function actualLanes(lanes: number, threads: number, cores = availableParallelism()): number {
  if (lanes > 0) return Math.min(lanes, threads);
  return threads > 1 && threads >= cores ? FULL_LANES : 1;
}

/** Frames that a process is given at a time: one per lane, and one whose picture is decoded meanwhile. */
export function framesInProcess(lanes: number): number {
  return lanes + 1;
}
