/** How properties are tried: the same cases at every run, so that what is red stays red. */
export const RUNS = { seed: 20_261_124, numRuns: 200 } as const;
