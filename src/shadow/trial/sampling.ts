import { createHash } from 'node:crypto';

/**
 * Whether a frame belongs to a share of all frames. The same frame id gives the same answer on every call and in every
 * process; different purposes draw independently.
 *
 * @param share 0 … 1
 */
export function inShare(frameId: string, share: number, purpose: 'shadow' | 'canary'): boolean {
  if (share >= 1) return true;
  const hash = createHash('sha256').update(`${purpose} ${frameId}`).digest();
  return hash.readUInt32BE(0) / 2 ** 32 < share;
}
