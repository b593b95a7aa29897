import { readFileSync } from 'node:fs';

/** Clock ticks per second in /proc/<pid>/stat: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Memory and processor time of a process. */
export interface ProcessUsage {
  /** Resident memory, bytes. */
  rssBytes: number | undefined;
  /** User and system time since the process started, ms. */
  cpuMs: number | undefined;
}

/** Reads /proc/<pid>; undefined where there is none (not Linux) or the process is gone. */
export function processUsage(pid: number | undefined): ProcessUsage {
  if (pid === undefined) return { rssBytes: undefined, cpuMs: undefined };
  try {
    // VmRSS is in kB; statm would be in pages, which are 16 kB on a Raspberry Pi 5
    const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // the name in parentheses may contain anything; fields 14 and 15 are utime and stime, counted from 1
    const [utime, stime] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number) as [number, number];
    return {
      rssBytes: rss?.[1] === undefined ? undefined : Number(rss[1]) * 1024,
      cpuMs: ((utime + stime) * 1000) / TICKS_PER_SECOND,
    };
  } catch {
    return { rssBytes: undefined, cpuMs: undefined };
  }
}
