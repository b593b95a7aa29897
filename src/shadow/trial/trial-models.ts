import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expected } from '../../contract/errors';
import { nodeDisk, readBytes, replaceFile, statOf } from '../../kit/disk';
import { otherSlot, POINTER_FILE } from '../../model/slots/layout';
import { isStation } from '../../model/slots/current';
import type { SlotsState } from '../../model/slots/station';
import { SlotStore } from '../../model/slots/store';
import { verifyModelFolder, type ModelRequirements } from '../../model/slots/verify';
import type { LineHealth } from './health';

/** Where the models of a trial are kept, and what makes a switch last. */
export interface TrialModels {
  /** Whether a promotion survives a restart. */
  readonly persistent: boolean;
  /** Puts in order what a crash left; gives the state of a station. */
  begin(): Promise<SlotsState | undefined>;
  /** Verifies a candidate and gives the path to load; undefined: there is none waiting. */
  prepare(candidate: string | undefined, like: ModelRequirements): Promise<string | undefined>;
  /**
   * @param before how the line did until now: what the trial is measured against, after a restart too
   * @param insist a person wants it although it was rejected
   */
  promote(reason: string, before: LineHealth, insist: boolean): Promise<void>;
  confirm(reason: string): Promise<void>;
  revert(reason: string): Promise<void>;
  reject(reason: string): Promise<void>;
  /** Path of the model that a revert leads to; undefined: there is none. */
  formerPath(): Promise<string | undefined>;
  /** Of a station: what its disk says. */
  state(): Promise<SlotsState | undefined>;
  /** Of a station whose trial somebody else began: what it is measured against, after a restart too. */
  keepBaseline(before: LineHealth): Promise<void>;
  /** Of a station: how the line did before the trial that is on; undefined: nobody noted it. */
  baseline(): Promise<LineHealth | undefined>;
  /** Changes whenever somebody changes the pointer of a station. */
  stamp(): Promise<string>;
}

const BASELINE_FILE = 'baseline.json';

interface Baseline {
  /** Of the model on trial. */
  trialSha256: string | undefined;
  before: LineHealth;
}

/** Stations that were started in this process: a redeploy is no restart, and does not count against a trial. */
const started = new Set<string>();

/** Models in the slots of a station. */
export class StationModels implements TrialModels {
  readonly persistent = true;

  constructor(readonly store: SlotStore) {}

  async begin(): Promise<SlotsState> {
    const { station } = this.store;
    const state = await (started.has(station) ? this.store.recover() : this.store.start());
    started.add(station);
    return state;
  }

  async prepare(candidate: string | undefined, like: ModelRequirements): Promise<string | undefined> {
    const { pointer, slots } = await this.store.state();
    const other = pointer && slots[otherSlot(pointer.slot)];
    const waiting = other?.role === 'candidate' && other.problem === undefined ? other : undefined;
    if (candidate === undefined || candidate === waiting?.folder) return waiting?.folder;
    const { manifest } = await verifyModelFolder(nodeDisk, candidate, like);
    if (waiting?.manifest?.sha256 === manifest.sha256) return waiting.folder;
    if (pointer?.rejectedSha256 === manifest.sha256) {
      throw expected('a new model', 'the candidate', 'one that was rejected before', 'MODEL_INVALID');
    }
    const after = await this.store.install(candidate);
    return after.pointer && after.slots[otherSlot(after.pointer.slot)].folder;
  }

  async promote(reason: string, before: LineHealth, insist: boolean): Promise<void> {
    const { pointer, slots } = await this.store.state();
    const next = pointer && slots[otherSlot(pointer.slot)].manifest;
    await this.#writeBaseline(next?.sha256, before);
    await this.store.promote(reason, { insist });
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

  async state(): Promise<SlotsState> {
    return this.store.state();
  }

  async baseline(): Promise<LineHealth | undefined> {
    if ((await statOf(nodeDisk, this.#baselineFile)) === undefined) return undefined;
    const { pointer } = await this.store.state();
    try {
      const text = (await readBytes(nodeDisk, this.#baselineFile)).toString('utf8');
      const { trialSha256, before } = JSON.parse(text) as Baseline;
      // left by an earlier trial: it is no yardstick for this one
      return pointer?.sha256 === trialSha256 ? before : undefined;
    } catch {
      return undefined;
    }
  }

  async keepBaseline(before: LineHealth): Promise<void> {
    await this.#writeBaseline((await this.store.state()).pointer?.sha256, before);
  }

  async #writeBaseline(trialSha256: string | undefined, before: LineHealth): Promise<void> {
    const baseline = { trialSha256, before };
    await replaceFile(nodeDisk, this.#baselineFile, Buffer.from(JSON.stringify(baseline)));
  }

  /** A pointer is replaced by a rename, so that its inode and its time tell. */
  async stamp(): Promise<string> {
    const found = await stat(join(this.store.station, POINTER_FILE)).catch(() => undefined);
    return found ? `${found.ino} ${found.mtimeMs}` : 'lost';
  }

  get #baselineFile(): string {
    return join(this.store.station, BASELINE_FILE);
  }
}

/** Models at paths of their own: a promotion holds until the next restart, which starts the configured model again. */
export class LooseModels implements TrialModels {
  readonly persistent = false;
  #former: string | undefined;

  constructor(readonly path: string) {}

  async begin(): Promise<undefined> {}

  /** A folder is verified; a bare .onnx has no manifest and is compared with the model in use once it is loaded. */
  async prepare(candidate: string | undefined, like: ModelRequirements): Promise<string | undefined> {
    if (candidate === undefined) return undefined;
    const found = await statOf(nodeDisk, candidate);
    if (found === undefined) throw expected('a model that exists', 'the candidate', candidate, 'MODEL_NOT_FOUND');
    if (found.isDirectory()) await verifyModelFolder(nodeDisk, candidate, like);
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

  async keepBaseline(): Promise<void> {}

  async baseline(): Promise<undefined> {}

  async stamp(): Promise<string> {
    return '';
  }
}

/** The kind of keeping that fits the model path of the line. */
export async function trialModels(path: string, publicKeyPem: string | undefined): Promise<TrialModels> {
  return (await isStation(path)) ? new StationModels(new SlotStore(path, { publicKeyPem })) : new LooseModels(path);
}
