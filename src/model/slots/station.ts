import { messageOf } from '../../contract/errors';
import type { ModelManifest } from '../../contract/manifest';
import { statOf, type Disk } from '../../kit/disk';
import { readJournal, type JournalEntry, type SlotOperation } from './journal';
import { slotFolder, SLOT_NAMES, type SlotName } from './layout';
import { readPointer, type Pointer } from './pointer';
import { verifyModelFolder } from './verify';

/** `previous`: was confirmed once, the way back. `candidate`: installed, not promoted. `rejected`: promoted only with a reason. */
export type SlotRole = 'current' | 'previous' | 'candidate' | 'rejected' | 'empty';

export interface SlotReport {
  slot: SlotName;
  folder: string;
  role: SlotRole;
  manifest?: ModelManifest;
  /** Why the slot cannot be used, in one sentence. */
  problem?: string;
}

export const BY_POINTER = 'the pointer says so';

export interface SlotsState {
  station: string;
  pointer: Pointer | undefined;
  slots: Record<SlotName, SlotReport>;
  /** The slot to start from; `because` is BY_POINTER, or says in a sentence what had to be made up for. */
  chosen: { slot: SlotName; folder: string; because: string } | undefined;
}

async function readSlot(
  disk: Disk,
  station: string,
  slot: SlotName,
  pointer: Pointer | undefined,
  publicKeyPem: string | undefined,
): Promise<SlotReport> {
  const folder = slotFolder(station, slot);
  if ((await statOf(disk, folder)) === undefined) return { slot, folder, role: 'empty' };
  try {
    const { manifest } = await verifyModelFolder(disk, folder, { publicKeyPem });
    return { slot, folder, role: roleOf(slot, manifest.sha256, pointer), manifest };
  } catch (error) {
    return { slot, folder, role: pointer?.slot === slot ? 'current' : 'candidate', problem: messageOf(error) };
  }
}

function roleOf(slot: SlotName, sha256: string, pointer: Pointer | undefined): SlotRole {
  if (pointer === undefined) return 'candidate';
  if (pointer.slot === slot) return 'current';
  if (pointer.previousSha256 === sha256) return 'previous';
  return pointer.rejectedSha256 === sha256 ? 'rejected' : 'candidate';
}

/** Operations after which a model counts as the one to run. */
const SETTLING: readonly SlotOperation[] = ['init', 'confirm', 'revert', 'recover'];

/**
 * Which slot to start from. The pointer decides while its model is intact. When it is not, only a model that was
 * confirmed once may step in: one that nobody has proven must not judge parts. Without a pointer the journal tells which
 * model was confirmed last; without that either, the only valid slot, or slot A.
 */
function choose(
  pointer: Pointer | undefined,
  slots: Record<SlotName, SlotReport>,
  journal: JournalEntry[],
): SlotsState['chosen'] {
  const reports = SLOT_NAMES.map((name) => slots[name]);
  if (pointer === undefined) {
    const settled = journal.filter(({ operation, step }) => step === 'done' && SETTLING.includes(operation)).at(-1);
    const usable = reports.filter((report) => report.manifest !== undefined);
    const found = usable.find((report) => report.manifest?.sha256 === settled?.sha256) ?? usable[0];
    return found && { slot: found.slot, folder: found.folder, because: 'the pointer was lost' };
  }
  const current = slots[pointer.slot];
  if (current.manifest?.sha256 === pointer.sha256) {
    return { slot: current.slot, folder: current.folder, because: BY_POINTER };
  }
  const previous = reports.find((report) => report.role === 'previous' && report.manifest !== undefined);
  if (previous === undefined) return undefined;
  const problem = current.problem ?? 'another model is in it';
  return { slot: previous.slot, folder: previous.folder, because: `slot ${pointer.slot} is not usable: ${problem}` };
}

/** Reads and verifies both slots of a station; changes nothing. */
export async function readStation(disk: Disk, station: string, publicKeyPem?: string): Promise<SlotsState> {
  const pointer = await readPointer(disk, station);
  const a = await readSlot(disk, station, 'a', pointer, publicKeyPem);
  const b = await readSlot(disk, station, 'b', pointer, publicKeyPem);
  const slots = { a, b };
  return { station, pointer, slots, chosen: choose(pointer, slots, await readJournal(disk, station)) };
}
