import type { StandingCheck } from '../check';
import { fail, note, ok, warn } from '../finding';
import { freeIn } from './space';

const REPLACE = 'save the station folder and replace the card or SSD';

/** JEDEC eMMC 5.0, DEVICE_LIFE_TIME_EST: steps of 10 % of the estimated life; 0x0b: exceeded. */
function usedTenths(life: string): number {
  return Math.max(0, ...life.split(/\s+/).map((word) => (/^0x[0-9a-f]{2}$/i.test(word) ? Number(word) : 0)));
}

/** Options of the mount at a path, as /proc/mounts has them. */
function optionsAt(mounts: string, mount: string): string[] {
  const line = mounts.split('\n').findLast((each) => each.split(' ')[1] === mount);
  return line?.split(' ')[3]?.split(',') ?? [];
}

/** File system errors, a disk that went read-only, and wear where the device tells it (eMMC does, SD cards do not). */
export const disk: StandingCheck = ({ space, mounts, ext4Errors, emmcLife, writable }) => {
  const errors = (ext4Errors ?? '').split(/\s+/).reduce((sum, count) => sum + (Number(count) || 0), 0);
  if (errors > 0)
    return fail(`${errors} file system errors recorded`, `${REPLACE}, or check it: sudo fsck at the next start`);
  const mount = freeIn(space ?? '')?.mount ?? '/';
  if (optionsAt(mounts ?? '', mount).includes('ro')) {
    return fail(
      `${mount} is read-only`,
      'the user folder must be on a disk that can be written: docs/deploy.md, read-only root',
    );
  }
  if (writable === 'no')
    return fail('the user folder may not be written by this user', 'deploy as the user that runs Node-RED');
  const tenths = usedTenths(emmcLife ?? '');
  if (tenths >= 0x0b) return fail('its estimated life is used up', REPLACE);
  if (tenths >= 0x09) return warn(`${(tenths - 1) * 10} to ${tenths * 10} % of its estimated life used`, REPLACE);
  if (optionsAt(mounts ?? '', '/').includes('ro')) return ok('no errors; root is read-only');
  return emmcLife === undefined
    ? note('no errors; this disk does not tell its wear')
    : ok(`no errors; ${tenths * 10} % of its life used at most`);
};
