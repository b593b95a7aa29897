import { join } from 'node:path';
import { readBytes, replaceFile, statOf, type Disk } from '../../kit/disk';
import { POINTER_FILE, SLOT_NAMES, type SlotName } from './layout';

/** `trial`: promoted, and not confirmed yet; the former model waits in the other slot. */
export type PointerState = 'confirmed' | 'trial';

/** Content of the file `current`: the only thing that says which model a station runs. */
export interface Pointer {
  pointerVersion: 1;
  slot: SlotName;
  /** Of the model in the slot; a slot whose model differs is not started. */
  sha256: string;
  state: PointerState;
  /** ISO 8601, UTC. */
  since: string;
  /** How often a station was started while the model was on trial. */
  trialStarts: number;
  /** Of the last confirmed model before this one, while the other slot still holds it. */
  previousSha256?: string;
  /** Of a model that was rejected or reverted; it is not promoted again until it is installed again. */
  rejectedSha256?: string;
}

const HEX = /^[0-9a-f]{64}$/;

function isPointer(value: unknown): value is Pointer {
  if (typeof value !== 'object' || value === null) return false;
  const { pointerVersion, slot, sha256, state, trialStarts } = value as Partial<Pointer>;
  return (
    pointerVersion === 1 &&
    SLOT_NAMES.includes(slot as SlotName) &&
    typeof sha256 === 'string' &&
    HEX.test(sha256) &&
    (state === 'confirmed' || state === 'trial') &&
    Number.isInteger(trialStarts)
  );
}

/** The pointer, or undefined where there is none or its text is damaged: then the slots themselves must tell. */
export async function readPointer(disk: Disk, station: string): Promise<Pointer | undefined> {
  const path = join(station, POINTER_FILE);
  if (!(await statOf(disk, path))?.isFile()) return undefined;
  try {
    const value: unknown = JSON.parse((await readBytes(disk, path)).toString('utf8'));
    return isPointer(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export async function writePointer(disk: Disk, station: string, pointer: Pointer): Promise<void> {
  await replaceFile(disk, join(station, POINTER_FILE), Buffer.from(`${JSON.stringify(pointer)}\n`));
}
