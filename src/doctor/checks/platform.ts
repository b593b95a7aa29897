import type { StandingCheck } from '../check';
import { fail, ok, type Seen } from '../finding';
import type { Answers } from '../questions';

/** Processors that there are binaries for, as `uname -m` names them, and as Node.js does. */
export const ARCHITECTURES: Readonly<Record<string, 'arm64' | 'x64'>> = {
  aarch64: 'arm64',
  arm64: 'arm64',
  x86_64: 'x64',
};

const FLASH = 'write the card anew with the 64-bit Raspberry Pi OS';

/** A 64-bit Linux with glibc. A 32-bit system may run on a 64-bit kernel: both are asked. */
export const platform: StandingCheck = ({ system, machine, bits, libc, board }: Answers): Seen => {
  const name = [board, machine, system, libc].filter(Boolean).join(', ');
  if (system !== undefined && system !== 'Linux') return fail(name, 'a station runs on Linux');
  if (ARCHITECTURES[machine ?? ''] === undefined) return fail(name || 'nothing', FLASH);
  if (bits !== undefined && bits !== '64') return fail(`${name}, but a ${bits}-bit system`, FLASH);
  if (libc === undefined || !libc.startsWith('glibc')) {
    return fail(name, 'a system with glibc is needed, such as Debian or Raspberry Pi OS; Alpine has none');
  }
  return ok(name);
};
