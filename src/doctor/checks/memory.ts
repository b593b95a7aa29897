import type { StandingCheck } from '../check';
import { fail, ok, unknown, warn } from '../finding';

/** Node-RED and one detector: 170 MB resident each (docs/detector.md), and room for a second process while a model is swapped. */
const NEEDED_KIB = 350_000;
const COMFORTABLE_KIB = 700_000;

export const memory: StandingCheck = ({ memory: meminfo }) => {
  const kib = Number(/^MemAvailable:\s+(\d+) kB$/m.exec(meminfo ?? '')?.[1]);
  if (!Number.isFinite(kib)) return unknown('the free memory cannot be read');
  const found = `${Math.round((kib * 1024) / 1e6)} MB available`;
  if (kib < NEEDED_KIB) return fail(found, 'end other programs, or use a board with more memory');
  return kib < COMFORTABLE_KIB
    ? warn(found, 'leave room for a second model while one is swapped or compared')
    : ok(found);
};
