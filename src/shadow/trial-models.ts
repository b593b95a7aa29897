import { expected } from '../errors';
import { nodeDisk, statOf } from '../model/slots/disk';
import { otherSlot } from '../model/slots/layout';
import { isStation } from '../model/slots/current';
import type { StationState } from '../model/slots/station';
import { SlotStore } from '../model/slots/store';
import { verifyModelFolder, type ModelRequirements } from '../model/slots/verify';

/** Where the models of a trial are kept, and what makes a switch last. */
export interface TrialModels {
  /** Whether a promotion survives a restart. */
  readonly persistent: boolean;
  /** Verifies a candidate and gives the path to load; undefined: there is none waiting. */
  prepare(candidate: string | undefined, like: ModelRequirements): Promise<string | undefined>;
  promote(reason: string): Promise<void>;
  confirm(reason: string): Promise<void>;
  revert(reason: string): Promise<void>;
  reject(reason: string): Promise<void>;
  /** Path of the model that a revert leads to; undefined: there is none. */
  formerPath(): Promise<string | undefined>;
  /** Of a station: what its disk says. */
  state(): Promise<StationState | undefined>;
}

/** Models in the slots of a station. */
export class StationModels implements TrialModels {
  readonly persistent = true;

  constructor(readonly store: SlotStore) {}

  async prepare(candidate: string | undefined, like: ModelRequirements): Promise<string | undefined> {
    const { pointer, slots } = await this.store.state();
    const other = pointer && slots[otherSlot(pointer.slot)];
    const waiting = other?.role === 'candidate' && other.problem === undefined ? other : undefined;
    if (candidate === undefined) return waiting?.folder;
    if (candidate === other?.folder) {
      if (waiting !== undefined) return waiting.folder;
      throw expected(
        'a candidate',
        `slot ${other.slot}`,
        other.problem ?? `a model that is ${other.role}`,
        'MODEL_INVALID',
      );
    }
    const { manifest } = await verifyModelFolder(nodeDisk, candidate, like);
    if (waiting?.manifest?.sha256 === manifest.sha256) return waiting.folder;
    // the same file again after it was turned down, or while it is in use, is no new candidate
    if (pointer !== undefined && [pointer.sha256, pointer.rejectedSha256].includes(manifest.sha256)) {
      const what = manifest.sha256 === pointer.sha256 ? 'is in use already' : 'was rejected before';
      throw expected('a new model', 'the candidate', `one that ${what}`, 'MODEL_INVALID');
    }
    const after = await this.store.install(candidate);
    return after.pointer && after.slots[otherSlot(after.pointer.slot)].folder;
  }

  async promote(reason: string): Promise<void> {
    await this.store.promote(reason);
  }

  async confirm(reason: string): Promise<void> {
    await this.store.confirm(reason);
  }

  async revert(reason: string): Promise<void> {
    await this.store.revert(reason);
  }

  async reject(reason: string): Promise<void> {
    await this.store.reject(reason);
  }

  async formerPath(): Promise<string | undefined> {
    const { slots } = await this.store.state();
    return Object.values(slots).find(({ role, problem }) => role === 'previous' && problem === undefined)?.folder;
  }

  async state(): Promise<StationState> {
    return this.store.state();
  }
}

/** Models at paths of their own: a promotion holds until the next restart, which starts the configured model again. */
export class LooseModels implements TrialModels {
  readonly persistent = false;
  #former: string | undefined;

  constructor(readonly path: string) {}

  /** A folder is verified; a bare .onnx has no manifest and is compared with the model in use once it is loaded. */
  async prepare(candidate: string | undefined, like: ModelRequirements): Promise<string | undefined> {
    if (candidate === undefined) return undefined;
    const stat = await statOf(nodeDisk, candidate);
    if (stat === undefined) throw expected('a model that exists', 'the candidate', candidate, 'MODEL_NOT_FOUND');
    if (stat.isDirectory()) await verifyModelFolder(nodeDisk, candidate, like);
    else if (like.publicKeyPem !== undefined) {
      throw expected('a signed model folder', 'the candidate', candidate, 'MODEL_INVALID');
    }
    return candidate;
  }

  async promote(): Promise<void> {
    this.#former = this.path;
  }

  async confirm(): Promise<void> {}

  async revert(): Promise<void> {
    this.#former = undefined;
  }

  async reject(): Promise<void> {}

  async formerPath(): Promise<string | undefined> {
    return this.#former;
  }

  async state(): Promise<undefined> {}
}

/** The kind of keeping that fits the model path of the line. */
export async function trialModels(path: string, publicKeyPem: string | undefined): Promise<TrialModels> {
  return (await isStation(path)) ? new StationModels(new SlotStore(path, { publicKeyPem })) : new LooseModels(path);
}
