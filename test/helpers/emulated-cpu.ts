import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/**
 * Processors of PCs that qemu's user mode can stand for. Its /proc/cpuinfo goes on showing the machine's own flags, like a
 * hypervisor that masks some: only calculation tells what is there.
 */
export type EmulatedCpu = 'Haswell' | 'Nehalem';

/** Long enough for a model of the line's size on a busy machine. */
const TIMEOUT_MS = 300_000;

/** Runs a program of this Node.js on another x64 processor; resolves with its stdout. */
export async function runOnCpu(cpu: EmulatedCpu, script: string, args: string[], env = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('qemu-x86_64', ['-cpu', cpu, process.execPath, script, ...args], {
    env: { ...process.env, ...env },
    timeout: TIMEOUT_MS,
  });
  return stdout;
}
