import { expected } from '../contract/errors';
import { numberBetween } from '../contract/validate';

/** Everything the governor can be told. Defaults hold a Pi 5 under any cooling; they were chosen by lab/bench/thermal-governor.ts. */
export interface GovernorOptions {
  /** The temperature that is kept, °C. */
  softC: number;
  /** Never to be exceeded, °C; inspection stops before it. */
  hardC: number;
  /** How far ahead the temperature is looked at: about the time constant of a heatsink, s. */
  leadS: number;
  /** Readings the trend is drawn through, s. */
  trendS: number;
  /** Readings a rise that must be answered at once is seen in, s. */
  urgentTrendS: number;
  /** Newest readings that are averaged for the hard limit, s: less noise than one reading, little delay. */
  recentS: number;
  /** How fast a demand that is no longer there is forgotten, s. */
  demandMemoryS: number;
  /** Steady-state K that the whole inspection rate is taken to cost. High is slow and safe, low is fast and swings. */
  fullRateK: number;
  /** Nothing is held back while the temperature is further than this below `softC`, K. */
  startBandK: number;
  /** What the die may jump by when the whole rate begins at once, K: a start closer than this to `hardC` begins low. */
  jumpK: number;
  /** How far below `softC` things are given back, K. */
  hysteresisK: number;
  /** Least time between two changes in calm conditions, s. Above 60: at most one a minute. */
  dwellS: number;
  /** Least time between two changes when it gets hot fast, s. */
  urgentDwellS: number;
  /** Longest dwell before something is given back that had to be taken again soon after, s. */
  maxBackOffS: number;
  /** Share of the unrestricted rate below which threads are reduced, and the share at which they come back. */
  threadsShare: number;
  threadsBackShare: number;
  /** A change of the rate is made known when it is this part of it. */
  leastRateChange: number;
  /** Inference threads left when they are reduced. */
  reducedThreads: number;
  /** Share of the unrestricted rate below which inspecting is not worth it: pause. */
  minShare: number;
}

export const GOVERNOR_DEFAULTS: Readonly<GovernorOptions> = {
  softC: 75,
  hardC: 82,
  leadS: 240,
  trendS: 90,
  urgentTrendS: 20,
  recentS: 4,
  demandMemoryS: 300,
  fullRateK: 90,
  startBandK: 12,
  jumpK: 12,
  hysteresisK: 2,
  dwellS: 65,
  urgentDwellS: 10,
  maxBackOffS: 1800,
  threadsShare: 0.15,
  threadsBackShare: 0.3,
  leastRateChange: 0.03,
  reducedThreads: 2,
  minShare: 0.01,
};

/** Options that are times: they belong to the time constant that the lead stands for, and change with it. */
const TIMES = [
  'leadS',
  'trendS',
  'urgentTrendS',
  'recentS',
  'demandMemoryS',
  'dwellS',
  'urgentDwellS',
  'maxBackOffS',
] as const;

/**
 * The defaults for a board that follows its load faster or slower than a Pi with a heatsink.
 *
 * @param reactionS its thermal time constant, s; the default lead, 240, changes nothing
 */
export function pacedOptions(reactionS: number): GovernorOptions {
  const options = { ...GOVERNOR_DEFAULTS };
  for (const time of TIMES) options[time] *= reactionS / GOVERNOR_DEFAULTS.leadS;
  return options;
}

/** The limits a user may set: a board below 20 °C or above 110 °C is not one this can help. */
export const SETTABLE_C = { min: 20, max: 110 };
/** The governor needs room between keeping and never exceeding: noise and one reading's delay. */
export const LEAST_ROOM_K = 2;

/**
 * Reads `soft` and `hard` as a user gives them.
 *
 * @throws InspectionError BAD_ARGUMENT with one sentence
 */
export function temperatureLimits(soft: unknown, hard: unknown): { softC: number; hardC: number } {
  const softC = numberBetween(soft ?? GOVERNOR_DEFAULTS.softC, 'soft (°C)', SETTABLE_C.min, SETTABLE_C.max);
  const hardC = numberBetween(hard ?? GOVERNOR_DEFAULTS.hardC, 'hard (°C)', SETTABLE_C.min, SETTABLE_C.max);
  if (hardC < softC + LEAST_ROOM_K)
    throw expected(`at least ${LEAST_ROOM_K} °C more than soft (${softC})`, 'hard (°C)', hardC);
  return { softC, hardC };
}
