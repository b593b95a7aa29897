import { join } from 'node:path';
import { SELF_TEST_FILE, SELF_TEST_SHEET } from '../../contract/self-test';

/** A station folder holds two slots, the pointer to the one in use, and the journal of what was done. */
export const SLOT_NAMES = ['a', 'b'] as const;
export type SlotName = (typeof SLOT_NAMES)[number];

export const POINTER_FILE = 'current';
export const JOURNAL_FILE = 'journal.jsonl';
export const LOCK_FILE = 'lock';
/** A model on its way in; only its rename to a slot makes it count. */
export const STAGING_FOLDER = '.staging';
/** A slot's former content on its way out. */
export const RETIRED_FOLDER = '.retired';

/** Files of a model folder that a slot takes over; anything else beside them is left behind. */
export const MODEL_FILE = 'model.onnx';
export const MANIFEST_FILE = 'manifest.json';
export const CLASS_NAMES_FILE = 'class_names.txt';
export const SIGNATURE_FILE = 'manifest.sig';
export const OPTIONAL_FILES = [CLASS_NAMES_FILE, SIGNATURE_FILE, SELF_TEST_FILE, SELF_TEST_SHEET] as const;

export function slotFolder(station: string, slot: SlotName): string {
  return join(station, `slot-${slot}`);
}

export function otherSlot(slot: SlotName): SlotName {
  return slot === 'a' ? 'b' : 'a';
}
