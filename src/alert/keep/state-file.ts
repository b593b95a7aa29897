import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCounters, type Counters } from '../judge/counters';
import { replaceTextFile } from '../../kit/durable-file';
import { readGoldenMemory, type GoldenMemory } from '../golden/memory';
import { readRules, type AlertRules } from '../judge/rules';
import { rulesId } from '../judge/rules-id';

/** What a station remembers over a restart. */
export interface KeptState {
  /** Rules changed by message; null: those of the flow. */
  rules: AlertRules | null;
  /** rulesId of the flow's rules that they were changed from: once somebody deploys others, those count. */
  changedFrom: string;
  counters: Counters | null;
  /** Sparkplug birth/death sequence number, 0 … 255. */
  bdSeq: number;
  /** Name of the station that all this is of; absent in files of earlier versions. */
  station?: string;
  /** Topics on which the broker may hold something of this station, or of the one that it was. */
  retained?: string[];
  /** Golden samples: what is announced, how they ended; absent where there never were any. */
  golden?: GoldenMemory;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isTopic(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= 1000;
}

function savedRules(value: unknown): AlertRules | null {
  if (value === null || value === undefined) return null;
  try {
    return readRules(value);
  } catch {
    return null;
  }
}

/**
 * The station's memory in `state.json` of its folder. A missing or spoilt file is an empty memory, never a reason not to
 * inspect; each part of it is checked like input from outside.
 */
export class StateFile {
  readonly #path: string;
  #state: KeptState;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, state: KeptState) {
    this.#path = path;
    this.#state = state;
  }

  static async open(folder: string): Promise<StateFile> {
    const path = join(folder, 'state.json');
    const saved = parseObject(await readFile(path, 'utf8').catch(() => ''));
    return new StateFile(path, {
      rules: savedRules(saved.rules),
      changedFrom: typeof saved.changedFrom === 'string' ? saved.changedFrom : '',
      counters: readCounters(saved.counters) ?? null,
      bdSeq: Number.isInteger(saved.bdSeq) ? Number(saved.bdSeq) & 255 : 0,
      ...(saved.golden === undefined ? {} : { golden: readGoldenMemory(saved.golden) }),
      ...(typeof saved.station === 'string' ? { station: saved.station } : {}),
      ...(Array.isArray(saved.retained) ? { retained: saved.retained.filter(isTopic) } : {}),
    });
  }

  get state(): Readonly<KeptState> {
    return this.#state;
  }

  /** Begins to work for a station; one of another name begins to count anew. */
  async workFor(station: string): Promise<void> {
    const before = this.#state.station;
    if (before === station) return;
    await this.save({ station, ...(before === undefined ? {} : { counters: null }) });
  }

  /** The rules to judge by: changed ones, unless the flow's own have been changed since; those are then forgotten. */
  async rulesFor(configured: AlertRules): Promise<AlertRules> {
    const { rules, changedFrom } = this.#state;
    if (rules === null || changedFrom === rulesId(configured)) return rules ?? configured;
    await this.save({ rules: null, changedFrom: '' });
    return configured;
  }

  /** Resolves when the change is on the disk. Changes that come while one is written are written together. */
  save(change: Partial<KeptState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    const written = this.#saving.then(() => this.#write());
    this.#saving = written.catch(() => undefined);
    return written;
  }

  #lastWritten = '';
  async #write(): Promise<void> {
    const text = JSON.stringify(this.#state);
    if (text === this.#lastWritten) return;
    await replaceTextFile(this.#path, text);
    this.#lastWritten = text;
  }
}
