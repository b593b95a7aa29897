import type { StandingCheck } from '../check';
import { fail, ok, unknown, warn } from '../finding';

/** Evidence and logs of a day or two, bytes. */
const COMFORTABLE_BYTES = 1e9;
const FREE = 'free some space: sudo journalctl --vacuum-size=100M, sudo apt-get clean, fewer evidence pictures';

/** Free bytes of `df -Pk`, and where they are. */
export function freeIn(df: string): { bytes: number; mount: string } | undefined {
  const found = /^\S.*?\s+\d+\s+\d+\s+(\d+)\s+\d+%\s+(\/.*)$/m.exec(df);
  return found ? { bytes: Number(found[1]) * 1024, mount: found[2]! } : undefined;
}

export const space: StandingCheck = ({ space: df }, { neededBytes }) => {
  const free = freeIn(df ?? '');
  if (free === undefined) return unknown('the free space cannot be read');
  const found = `${(free.bytes / 1e9).toFixed(1)} GB free on ${free.mount}`;
  if (free.bytes < neededBytes) return fail(`${found}, ${(neededBytes / 1e9).toFixed(1)} GB are needed`, FREE);
  return free.bytes < COMFORTABLE_BYTES ? warn(found, FREE) : ok(found);
};
