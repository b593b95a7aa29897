import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { expected } from '../contract/errors';

export interface RegularFileLimits {
  /** Longer files are refused before they are read, bytes. */
  maxBytes: number;
  /** Whether the last name of the path may be a link. Default false: what lies in a folder must be in it. */
  mayBeLink?: boolean;
}

/** What a path can be that is no regular file, in words. */
function kindOf(stat: {
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
  isCharacterDevice(): boolean;
}): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a pipe';
  if (stat.isSocket()) return 'a socket';
  return stat.isCharacterDevice() ? 'a device' : 'something else';
}

/**
 * Reads a whole file that must be a regular one. A pipe or a device in its place would never end or fill the memory, so
 * the path is opened without waiting and looked at before anything is read; what was looked at is what is read.
 *
 * @param name what the sentence of a refusal calls it
 * @throws InspectionError MODEL_INVALID *Expected a regular file … but received …*; errors of the file system as they are
 */
export async function readRegularFile(path: string, name: string, limits: RegularFileLimits): Promise<Buffer> {
  const { maxBytes, mayBeLink = false } = limits;
  const wanted = 'a regular file';
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | (mayBeLink ? 0 : constants.O_NOFOLLOW);
  const handle = await open(path, flags).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ELOOP') throw expected(wanted, name, 'a link', 'MODEL_INVALID');
    // a socket, or a device that nothing is behind
    if (error.code === 'ENXIO' || error.code === 'ENODEV') {
      throw expected(wanted, name, 'a socket or device', 'MODEL_INVALID');
    }
    throw error;
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw expected(wanted, name, kindOf(stat), 'MODEL_INVALID');
    if (stat.size > maxBytes) {
      throw expected(`a file of at most ${maxBytes} bytes`, name, stat.size, 'MODEL_INVALID');
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
