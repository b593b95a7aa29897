import type { loadModel } from '../model/load-model';
import type { BenchResult } from './run';

/** A model that is measured, read once. */
export interface Candidate {
  model: string;
  loaded: Awaited<ReturnType<typeof loadModel>>;
  accuracy: Pick<BenchResult, 'map50' | 'map5095'>;
}

/** Frames before timing begins: caches, clock, first allocations. */
export const WARMUP_FRAMES = 3;
