import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expected } from '../../contract/errors';
import { readBytes, removeTree, statOf, type Disk } from '../../kit/disk';
import { LOCK_FILE } from './layout';

/**
 * Start time of a process in clock ticks since boot: field 22 of /proc/<pid>/stat, after the name in parentheses. It
 * tells a process from a later one that was given the same id, after a reboot for one. Empty where there is no /proc.
 */
function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

const identityOf = (pid: number) => `${pid} ${startTicks(pid)}`;

function isRunning(pid: number, identity: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return identityOf(pid) === identity;
}

/** A lock without a process id is being written right now, unless it is older than this: then its writer was cut off. */
const EMPTY_LOCK_MS = 2000;

async function holderOf(disk: Disk, path: string): Promise<number | undefined> {
  const stat = await statOf(disk, path);
  if (stat === undefined) return undefined;
  const identity = (await readBytes(disk, path)).toString('utf8');
  const pid = parseInt(identity, 10);
  if (pid > 0) return isRunning(pid, identity) ? pid : undefined;
  return Math.abs(Date.now() - stat.mtimeMs) < EMPTY_LOCK_MS ? -1 : undefined;
}

/** Stations that this process changes right now: a lock file with our own process id may be left from a former run. */
const held = new Set<string>();

/**
 * Runs a change of a station alone: the command line and a running station may both want to. A lock whose holder is gone, or was
 * left by a former process with our own id, is taken over.
 *
 * @throws InspectionError IO_FAILED when somebody else is changing the station
 */
export async function withLock<T>(disk: Disk, station: string, work: () => Promise<T>): Promise<T> {
  const path = join(station, LOCK_FILE);
  const refusal = (who: string) => expected('nobody else changing the slots', station, `a lock of ${who}`, 'IO_FAILED');
  if (held.has(station)) throw refusal('this process');
  held.add(station);
  try {
    const holder = await holderOf(disk, path);
    if (holder !== undefined && holder !== process.pid)
      throw refusal(holder < 0 ? 'another process' : `process ${holder}`);
    await removeTree(disk, path);
    await takeLock(disk, path).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? refusal('another process') : error;
    });
    try {
      return await work();
    } finally {
      // A lock that cannot be removed is recognised as left over: this process will be gone.
      await disk.unlink(path).catch(() => undefined);
    }
  } finally {
    held.delete(station);
  }
}

async function takeLock(disk: Disk, path: string): Promise<void> {
  const file = await disk.open(path, 'wx');
  try {
    const identity = Buffer.from(identityOf(process.pid));
    await file.write(identity, 0, identity.length, null);
  } finally {
    await file.close();
  }
}
