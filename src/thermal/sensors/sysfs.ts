import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseCpuFreq, parseFan, parseTempFile, plausibleC } from './parse';

/** Longest content of a file of one value, bytes. */
const MAX_BYTES = 64;

/** Reads a file of one value. undefined when it is not there, not a plain file (a pipe would block), or too long. */
export async function readValue(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return undefined;
    const file = await open(path, 'r');
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
      return bytesRead > MAX_BYTES ? undefined : buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

/** Zones that are the processor, best first; the names of Raspberry Pi, other ARM boards, and PCs. */
const CPU_ZONES = [/^cpu[-_]thermal$/, /^(soc|package)[-_]thermal$/, /^x86_pkg_temp$/, /^cpu/, /^acpitz$/];

async function listed(folder: string, name: RegExp): Promise<string[]> {
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((entry) => name.test(entry))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((entry) => join(folder, entry));
}

/** Temperature files of the processor below a root, best first; only those that can be read now. */
export async function findTempFiles(root: string): Promise<string[]> {
  const found: { path: string; rank: number }[] = [];
  for (const zone of await listed(join(root, 'sys/class/thermal'), /^thermal_zone\d+$/)) {
    const path = join(zone, 'temp');
    if (plausibleC(parseTempFile((await readValue(path)) ?? '')) === undefined) continue;
    const type = ((await readValue(join(zone, 'type'))) ?? '').trim();
    const rank = CPU_ZONES.findIndex((name) => name.test(type));
    found.push({ path, rank: rank === -1 ? CPU_ZONES.length : rank });
  }
  return found.sort((a, b) => a.rank - b.rank).map(({ path }) => path);
}

/** The first fan that a hwmon device reports. */
export async function findFanFile(root: string): Promise<string | undefined> {
  for (const device of await listed(join(root, 'sys/class/hwmon'), /^hwmon\d+$/)) {
    const path = join(device, 'fan1_input');
    if (parseFan((await readValue(path)) ?? '') !== undefined) return path;
  }
  return undefined;
}

/** Clock of the first core, MHz. */
export async function readClock(root: string): Promise<number | undefined> {
  return parseCpuFreq((await readValue(join(root, 'sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq'))) ?? '');
}
