import { join } from 'node:path';
import { readBytes, replaceFile, statOf, syncFolder, writeSynced, type Disk } from '../../kit/disk';
import { JOURNAL_FILE, type SlotName } from './layout';

export type SlotOperation = 'init' | 'install' | 'promote' | 'confirm' | 'revert' | 'reject' | 'recover';

/** One line of the journal. An operation is `begun`, then `done`; one that is only begun was cut off. */
export interface JournalEntry {
  /** ISO 8601, UTC. */
  at: string;
  operation: SlotOperation;
  step: 'begun' | 'done';
  slot: SlotName;
  sha256: string;
  /** One sentence: who asked, or why. */
  reason: string;
}

/** The journal is cut to the newer half when it grows beyond this: some thousand swaps. */
const JOURNAL_MAX_BYTES = 1 << 20;

/** The entries, oldest first; a last line that a power cut tore is left out. */
export async function readJournal(disk: Disk, station: string): Promise<JournalEntry[]> {
  const path = join(station, JOURNAL_FILE);
  if (!(await statOf(disk, path))?.isFile()) return [];
  const entries: JournalEntry[] = [];
  for (const line of (await readBytes(disk, path)).toString('utf8').split('\n')) {
    try {
      if (line !== '') entries.push(JSON.parse(line) as JournalEntry);
    } catch {
      // A torn line: the write was cut off, so its step does not count. Later lines stand for themselves.
    }
  }
  return entries;
}

export async function appendJournal(disk: Disk, station: string, entry: JournalEntry): Promise<void> {
  const path = join(station, JOURNAL_FILE);
  const stat = await statOf(disk, path);
  if (stat !== undefined && stat.size > JOURNAL_MAX_BYTES) {
    const entries = await readJournal(disk, station);
    const kept = entries.slice(Math.floor(entries.length / 2));
    await replaceFile(disk, path, Buffer.from(kept.map((line) => `${JSON.stringify(line)}\n`).join('')));
  }
  // The leading line end closes a line that was torn before.
  await writeSynced(disk, path, Buffer.from(`\n${JSON.stringify(entry)}\n`), 'a');
  if (stat === undefined) await syncFolder(disk, station);
}
