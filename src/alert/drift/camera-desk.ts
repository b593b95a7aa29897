import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FrameInfo } from '../../contract/frame';
import type { PictureMeasures } from '../../contract/picture-measures';
import { replaceTextFile } from '../../kit/durable-file';
import { cameraAlert, type CameraAlert } from './camera-alert';
import { CameraWatch, type LearnedCamera } from './camera-watch';
import type { Usual } from './chart';

/** Cameras that are watched at the same time: a source named by a message could be any text. */
const MOST_CAMERAS = 64;
const FILE = 'cameras.json';

const NOTHING_KNOWN: ReadonlyMap<string, LearnedCamera> = new Map<string, LearnedCamera>();

function isFinite(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** The measures that came with a part; undefined: it has none, or not such. */
export function readMeasures(inference: unknown): PictureMeasures | undefined {
  const picture = (inference as { picture?: unknown } | null | undefined)?.picture;
  if (typeof picture !== 'object' || picture === null) return undefined;
  const { level, bright, clipped, sharpness } = picture as Record<string, unknown>;
  if (!isFinite(level) || !isFinite(bright) || !isFinite(clipped) || !isFinite(sharpness)) return undefined;
  return { level, bright, clipped, sharpness };
}

function readUsual(value: unknown): Usual | undefined {
  const { centre, spread } = (value ?? {}) as Record<string, unknown>;
  return isFinite(centre) && isFinite(spread) && spread > 0 ? { centre, spread } : undefined;
}

function readLearned(value: unknown): LearnedCamera | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { parts, learnedAt, ...measures } = value as Record<string, unknown>;
  const [bright, sharpness, clipped] = [measures.bright, measures.sharpness, measures.clipped].map(readUsual);
  if (!bright || !sharpness || !clipped || !isFinite(parts) || typeof learnedAt !== 'string') return undefined;
  return { bright, sharpness, clipped, parts, learnedAt };
}

/** What was learned before; a missing or spoilt file means nothing was. */
async function readFileOf(folder: string): Promise<Map<string, LearnedCamera>> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => '{}');
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return new Map(
      entries.flatMap(([camera, value]) => {
        const learned = readLearned(value);
        return learned === undefined ? [] : [[camera, learned] as const];
      }),
    );
  } catch {
    return new Map();
  }
}

/** The cameras of a station, each watched for itself, and what is usual of them kept over restarts. */
export class CameraDesk {
  readonly #station: string;
  readonly #folder: string | undefined;
  readonly #watches = new Map<string, { name: string; watch: CameraWatch }>();
  #saved: Promise<void> = Promise.resolve();

  private constructor(station: string, folder: string | undefined, known: ReadonlyMap<string, LearnedCamera>) {
    this.#station = station;
    this.#folder = folder;
    for (const [camera, learned] of known) {
      this.#watches.set(camera, { name: camera, watch: new CameraWatch(learned) });
    }
  }

  /** @param folder where the station keeps its state; undefined: it learns anew at every start */
  static async open(station: string, folder?: string): Promise<CameraDesk> {
    return new CameraDesk(station, folder, folder === undefined ? NOTHING_KNOWN : await readFileOf(folder));
  }

  /** What is wrong now, by the cameras' names. */
  get troubles(): Array<{ camera: string; trouble: string }> {
    return [...this.#watches.values()].flatMap(({ name, watch }) =>
      watch.troubles.map((trouble) => ({ camera: name, trouble })),
    );
  }

  /** Takes a good part; what it alerts of has just been noticed. @param nowMs ms since 1970 */
  add(frame: Partial<FrameInfo> | undefined, measures: PictureMeasures, nowMs: number): CameraAlert[] {
    const name = String(frame?.source ?? 'unknown');
    const key = String(frame?.sourceId ?? name);
    const known = this.#watches.get(key);
    if (known === undefined && this.#watches.size >= MOST_CAMERAS) return [];
    const { watch } = known ?? { watch: new CameraWatch() };
    this.#watches.set(key, { name, watch });
    const wasLearning = watch.learned === undefined;
    const calls = watch.add(measures, nowMs);
    if (wasLearning && watch.learned !== undefined) this.#save();
    return calls.map((call) => cameraAlert(this.#station, name, call, nowMs));
  }

  /** Learns every camera anew. Resolves when that is on the disk; rejects with IO_FAILED. */
  async relearn(): Promise<void> {
    for (const { watch } of this.#watches.values()) watch.relearn();
    this.#save();
    await this.#saved;
  }

  /** Resolves when what was learned is on the disk. */
  async settled(): Promise<void> {
    await this.#saved.catch(() => undefined);
  }

  #save(): void {
    if (this.#folder === undefined) return;
    const path = join(this.#folder, FILE);
    const learned = [...this.#watches].flatMap(([key, { watch }]) => (watch.learned ? [[key, watch.learned]] : []));
    const text = `${JSON.stringify(Object.fromEntries(learned), undefined, 2)}\n`;
    this.#saved = this.#saved.catch(() => undefined).then(() => replaceTextFile(path, text));
    // a full disk costs what was learned at the next start, and nothing else
    this.#saved.catch(() => undefined);
  }
}
