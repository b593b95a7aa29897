import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expected, InspectionError } from '../../contract/errors';
import type { ModelManifest } from '../../contract/manifest';
import { copySynced, nodeDisk, removeTree, statOf, syncFolder, type Disk } from '../../kit/disk';
import { appendJournal, readJournal, type JournalEntry, type SlotOperation } from './journal';
import { MODEL_FILE, otherSlot, RETIRED_FOLDER, slotFolder, STAGING_FOLDER, type SlotName } from './layout';
import { withLock } from './lock';
import { readPointer, writePointer, type Pointer } from './pointer';
import { BY_POINTER, readStation, type SlotReport, type SlotsState } from './station';
import { verifyModelFolder, wrongHash, type ModelRequirements, type VerifiedModel } from './verify';

export interface SlotStoreOptions {
  /** PEM text of the Ed25519 key that models must be signed by; without it signatures are not asked for. */
  publicKeyPem?: string;
  disk?: Disk;
  now?: () => Date;
}

/** A trial that was started this often without ever being confirmed is a crash loop: the former model comes back. */
export const TRIAL_STARTS_MAX = 3;

/**
 * Slots A and B of a station. Every change is written beside what is in use, synced, and made to count by one rename;
 * so a crash between any two system calls leaves the model that ran before, or the new one, and never a mixture.
 * Changes are serialised by a lock file across processes.
 */
export class SlotStore {
  readonly station: string;
  readonly #disk: Disk;
  readonly #publicKeyPem: string | undefined;
  readonly #now: () => Date;

  constructor(station: string, options: SlotStoreOptions = {}) {
    this.station = station;
    this.#disk = options.disk ?? nodeDisk;
    this.#publicKeyPem = options.publicKeyPem;
    this.#now = options.now ?? (() => new Date());
  }

  /** What the disk says, verified; changes nothing. */
  async state(): Promise<SlotsState> {
    return readStation(this.#disk, this.station, this.#publicKeyPem);
  }

  async journal(): Promise<JournalEntry[]> {
    return readJournal(this.#disk, this.station);
  }

  /** Makes a station folder out of a first model. */
  async init(source: string): Promise<SlotsState> {
    if ((await statOf(this.#disk, this.station)) === undefined) await this.#disk.mkdir(this.station);
    return this.#change(async () => {
      const before = await this.state();
      if (before.pointer !== undefined) throw expected('a folder without slots', this.station, 'a station with slots');
      const model = await this.#verify(source);
      await this.#journaled('init', 'a', model.manifest.sha256, `first model, from ${source}`, async () => {
        await this.#fillSlot('a', model);
        await writePointer(this.#disk, this.station, this.#pointer('a', model.manifest.sha256, 'confirmed'));
      });
    });
  }

  /**
   * Puts a candidate into the slot that is not in use. It is verified, copied, and verified again as copied.
   *
   * @throws InspectionError MODEL_INVALID with the reason, BAD_ARGUMENT while a trial needs the other slot
   */
  async install(source: string): Promise<SlotsState> {
    return this.#change(async () => {
      const { pointer, current } = await this.#running();
      if (pointer.state === 'trial') {
        throw expected('a confirmed model', 'the slot in use', 'a model on trial: confirm or revert it first');
      }
      const { classNames, input } = current;
      const model = await this.#verify(source, { classNames, input });
      const { sha256 } = model.manifest;
      const slot = otherSlot(pointer.slot);
      await this.#journaled('install', slot, sha256, `from ${source}`, async () => {
        await this.#fillSlot(slot, model);
        // written even when it stays the same: whoever watches the pointer learns of the candidate
        const { slot: inUse, sha256: running, since } = pointer;
        await writePointer(this.#disk, this.station, { ...this.#pointer(inUse, running, 'confirmed'), since });
      });
    });
  }

  /**
   * Switches to the other slot, on trial: the former model stays where it is until confirm() or revert().
   *
   * @param insist a person wants it although it was rejected, and says why
   */
  async promote(reason = 'on command', { insist = false } = {}): Promise<SlotsState> {
    return this.#change(async () => {
      const { pointer, current, other } = await this.#running();
      if (pointer.state === 'trial') throw expected('a confirmed model', 'promote', 'a model that is on trial already');
      const next = this.#otherModel(other, 'promote');
      if (other.role === 'rejected' && !insist) {
        throw expected('a reason', 'promote', 'none, for a model that was rejected before');
      }
      await this.#journaled('promote', other.slot, next.sha256, reason, () =>
        writePointer(this.#disk, this.station, {
          ...this.#pointer(other.slot, next.sha256, 'trial'),
          previousSha256: current.sha256,
        }),
      );
    });
  }

  /** Ends a trial: the model stays. */
  async confirm(reason = 'on command'): Promise<SlotsState> {
    return this.#change(async () => {
      const { pointer } = await this.#running();
      if (pointer.state !== 'trial') throw expected('a model on trial', 'confirm', `a model that is ${pointer.state}`);
      await this.#journaled('confirm', pointer.slot, pointer.sha256, reason, () =>
        writePointer(this.#disk, this.station, {
          ...this.#pointer(pointer.slot, pointer.sha256, 'confirmed'),
          previousSha256: pointer.previousSha256,
        }),
      );
    });
  }

  /** Goes back to the model before this one; the one left behind is marked as rejected. */
  async revert(reason = 'on command'): Promise<SlotsState> {
    return this.#change(async () => {
      const { pointer, other } = await this.#running();
      const previous = this.#otherModel(other, 'revert');
      if (other.role !== 'previous') throw expected('a former model', 'revert', `a model that is ${other.role}`);
      await this.#journaled('revert', other.slot, previous.sha256, reason, () =>
        writePointer(this.#disk, this.station, {
          ...this.#pointer(other.slot, previous.sha256, 'confirmed'),
          rejectedSha256: pointer.sha256,
        }),
      );
    });
  }

  /** Marks the candidate as rejected: it stays readable as evidence, and is not promoted. A trial is reverted. */
  async reject(reason = 'on command'): Promise<SlotsState> {
    if ((await this.state()).pointer?.state === 'trial') return this.revert(reason);
    return this.#change(async () => {
      const { pointer, other } = await this.#running();
      const candidate = this.#otherModel(other, 'reject');
      if (other.role === 'previous') throw expected('a candidate', 'reject', 'the former model');
      await this.#journaled('reject', other.slot, candidate.sha256, reason, () =>
        writePointer(this.#disk, this.station, { ...pointer, rejectedSha256: candidate.sha256 }),
      );
    });
  }

  /**
   * Clears away what a crash left, writes a pointer where it was lost, and leaves a slot whose model was damaged.
   */
  async recover(): Promise<SlotsState> {
    return this.#change(async () => {
      await this.#clearLeftovers();
      const { chosen, slots } = await this.state();
      if (chosen === undefined) return;
      const model = slots[chosen.slot].manifest as ModelManifest;
      if (chosen.because !== BY_POINTER) {
        await this.#journaled('recover', chosen.slot, model.sha256, chosen.because, () =>
          writePointer(this.#disk, this.station, this.#pointer(chosen.slot, model.sha256, 'confirmed')),
        );
      }
    });
  }

  /**
   * To be called once when a station starts: recovers, and counts the start when the model is on trial. A trial that was
   * started TRIAL_STARTS_MAX times without being confirmed is given up.
   */
  async start(): Promise<SlotsState> {
    const { pointer } = await this.recover();
    if (pointer?.state !== 'trial') return this.state();
    if (pointer.trialStarts >= TRIAL_STARTS_MAX) {
      return this.revert(`started ${TRIAL_STARTS_MAX} times without being confirmed`);
    }
    return this.#change(() =>
      writePointer(this.#disk, this.station, { ...pointer, trialStarts: pointer.trialStarts + 1 }),
    );
  }

  #pointer(slot: SlotName, sha256: string, state: Pointer['state']): Pointer {
    return { pointerVersion: 1, slot, sha256, state, since: this.#now().toISOString(), trialStarts: 0 };
  }

  #verify(folder: string, requirements: ModelRequirements = {}): Promise<VerifiedModel> {
    return verifyModelFolder(this.#disk, folder, { ...requirements, publicKeyPem: this.#publicKeyPem });
  }

  async #change(work: () => Promise<void>): Promise<SlotsState> {
    try {
      return await withLock(this.#disk, this.station, async () => {
        await work();
        return this.state();
      });
    } catch (error) {
      if (error instanceof InspectionError) throw error;
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      const wrapped = expected('a folder that can be written', this.station, code, 'IO_FAILED');
      throw new InspectionError('IO_FAILED', wrapped.message, { cause: error });
    }
  }

  /** The verified state of a station that runs from its pointer. */
  async #running(): Promise<{ pointer: Pointer; current: ModelManifest; other: SlotReport }> {
    const { pointer, chosen, slots } = await this.state();
    if (pointer === undefined || chosen?.because !== BY_POINTER) {
      throw expected('a station with a valid model in use', this.station, chosen?.because ?? 'none', 'MODEL_INVALID');
    }
    return { pointer, current: slots[pointer.slot].manifest as ModelManifest, other: slots[otherSlot(pointer.slot)] };
  }

  #otherModel(other: SlotReport, verb: string): ModelManifest {
    if (other.manifest !== undefined && other.problem === undefined) return other.manifest;
    throw new InspectionError(
      'MODEL_INVALID',
      `Expected a valid model in slot ${other.slot} for ${verb} but received ${other.problem ?? 'an empty slot'}`,
    );
  }

  async #journaled(
    operation: SlotOperation,
    slot: SlotName,
    sha256: string,
    reason: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const entry = (step: JournalEntry['step']): JournalEntry => ({
      at: this.#now().toISOString(),
      operation,
      step,
      slot,
      sha256,
      reason,
    });
    await appendJournal(this.#disk, this.station, entry('begun'));
    await work();
    await appendJournal(this.#disk, this.station, entry('done'));
  }

  /** Clears what a crash in #fillSlot left; a slot that was moved away and not replaced yet is put back. */
  async #clearLeftovers(): Promise<void> {
    const disk = this.#disk;
    const retired = join(this.station, RETIRED_FOLDER);
    await removeTree(disk, join(this.station, STAGING_FOLDER));
    if ((await statOf(disk, retired)) === undefined) return;
    const pointer = await readPointer(disk, this.station);
    const emptied = pointer && slotFolder(this.station, otherSlot(pointer.slot));
    if (emptied !== undefined && (await statOf(disk, emptied)) === undefined) {
      await disk.rename(retired, emptied);
      await syncFolder(disk, this.station);
    }
    await removeTree(disk, retired);
  }

  /** Replaces the content of a slot as a whole. The bytes are hashed as they are copied: what was checked is what counts. */
  async #fillSlot(slot: SlotName, model: VerifiedModel): Promise<void> {
    const disk = this.#disk;
    const staging = join(this.station, STAGING_FOLDER);
    const retired = join(this.station, RETIRED_FOLDER);
    await this.#clearLeftovers();
    await disk.mkdir(staging);
    for (const name of model.files) {
      const hash = createHash('sha256');
      await copySynced(disk, join(model.folder, name), join(staging, name), (piece) => void hash.update(piece));
      const found = hash.digest('hex');
      if (name === MODEL_FILE && found !== model.manifest.sha256) throw wrongHash(model.manifest.sha256, found);
    }
    await this.#verify(staging, model.manifest);
    await syncFolder(disk, staging);
    const target = slotFolder(this.station, slot);
    if ((await statOf(disk, target)) !== undefined) await disk.rename(target, retired);
    await disk.rename(staging, target);
    await syncFolder(disk, this.station);
    await removeTree(disk, retired);
  }
}
