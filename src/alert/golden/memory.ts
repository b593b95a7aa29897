import type { AnnouncedSample, LastResult } from './records';

/** How a sample last ended, and when it was last right (ISO 8601). */
export interface SampleResult {
  sample: string;
  outcome: 'right' | 'wrong';
  rightAt: string | null;
}

/** What of the golden samples outlives a restart. */
export interface GoldenMemory {
  announced: AnnouncedSample[];
  /** One per sample that was ever judged. */
  results: SampleResult[];
  last: LastResult | null;
  /** Since when the schedule asks for samples. */
  since: string | null;
}

export const NO_MEMORY: GoldenMemory = { announced: [], results: [], last: null, since: null };

type Loose = Record<string, unknown>;

function record(value: unknown): Loose {
  return typeof value === 'object' && value !== null ? (value as Loose) : {};
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isCamera(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function isAnnounced(value: unknown): value is AnnouncedSample {
  const { sample, camera, announcedAt, expiresAt } = record(value);
  return typeof sample === 'string' && isCamera(camera) && isTime(announcedAt) && isTime(expiresAt);
}

function isResult(value: unknown): value is SampleResult {
  const { sample, outcome, rightAt } = record(value);
  return (
    typeof sample === 'string' && (outcome === 'right' || outcome === 'wrong') && (rightAt === null || isTime(rightAt))
  );
}

function isLast(value: unknown): value is LastResult {
  const { sample, camera, outcome, time, detail } = record(value);
  const words = typeof sample === 'string' && typeof detail === 'string' && isCamera(camera);
  return words && (outcome === 'right' || outcome === 'wrong') && isTime(time);
}

/** Reads the memory as it was stored; what is spoilt of it is forgotten. */
export function readGoldenMemory(value: unknown): GoldenMemory {
  const { announced, results, last, since } = record(value);
  return {
    announced: Array.isArray(announced) ? announced.filter(isAnnounced) : [],
    results: Array.isArray(results) ? results.filter(isResult) : [],
    last: isLast(last) ? last : null,
    since: isTime(since) ? since : null,
  };
}
