/**
 * Model folders that were damaged or forged, field by field of manifest and graph and byte by byte, given to whatever takes
 * models: the detector, the slots of a station, `quantize` (which is what model-calibrate runs). Each has to be refused in one
 * sentence, or to work; nothing may crash, hang or show the runtime's source.
 *
 * Usage: npm run lab -- torture-models [1000] [--seed 1]
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../src/contract/errors';
import { Detector } from '../../src/detector/detector';
import { Random } from '../../src/kit/random';
import { SlotStore } from '../../src/model/slots/store';
import { decodeOnnx, encodeOnnx } from '../../src/onnx';
import { tinyModel } from '../../test/helpers/tiny-model';
import { SHIPPED_MODEL } from '../../test/helpers/shipped-model';
import { colouredPicture, writeTinyFolder } from '../../test/shadow/tiny-folder';
import { HOSTILE_VALUES, mutateBytes, pathsOf, put, type Path } from './mutate';
import { runTorture, Tally, type Row, type TortureOptions } from './harness';

const CLI = join(__dirname, '..', '..', 'src', 'cli', 'main.js');
/** A start compiles the model: more than a picture may take, ms. */
const START_LIMIT_MS = 20_000;
/** A sentence is not longer than this, characters. */
const SENTENCE_CHARS = 700;

/** Cases: one in so many goes to the slots, and to `quantize`; the others to the detector. */
const SLOTS_EVERY = 3;
const QUANTIZE_EVERY = 25;

/** A path without its places in lists: what it is a path of. */
const fieldOf = (path: Path): string => path.filter((key) => typeof key === 'string').join('.');

/** Goes through the fields of a document, one after the other, at random places of each. */
class Fields {
  readonly #byField = new Map<string, Path[]>();
  readonly touched = new Set<string>();

  constructor(document: unknown, isWanted: (path: Path) => boolean = () => true) {
    for (const path of pathsOf(document).filter(isWanted)) {
      const field = fieldOf(path);
      this.#byField.set(field, [...(this.#byField.get(field) ?? []), path]);
    }
  }

  get count(): number {
    return this.#byField.size;
  }

  next(index: number, random: Random): Path {
    const field = [...this.#byField.keys()][index % this.count]!;
    this.touched.add(field);
    return random.pick(this.#byField.get(field)!);
  }
}

interface Kit {
  random: Random;
  /** A whole model folder, to be spoilt. */
  fresh(): string;
  manifestFields: Fields;
  graphFields: Fields;
}

/** What a number, a text or bytes of a graph are changed to. */
function otherThan(value: unknown, random: Random): unknown {
  if (typeof value === 'bigint') return random.pick([0n, -1n, 1n, 2n ** 31n, 2n ** 62n, -(2n ** 63n)]);
  if (typeof value === 'number') return random.pick([0, -1, 1, 7, 999, 2 ** 31 - 1]);
  if (typeof value === 'string')
    return random.pick(['', 'x', 'images', '../../../etc/passwd', 'a'.repeat(10_000), '\0']);
  if (value instanceof Uint8Array) return mutateBytes(Buffer.from(value), random);
  return undefined;
}

/** The ways to spoil a folder. */
const WAYS: ((folder: string, kit: Kit, index: number) => void)[] = [
  function manifestField(folder, { random, manifestFields }, index) {
    const file = join(folder, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as object;
    put(manifest, manifestFields.next(index, random), random.chance(0.2) ? undefined : random.pick(HOSTILE_VALUES));
    writeFileSync(file, JSON.stringify(manifest).replaceAll('1e+30', '1e999'));
  },
  function graphField(folder, { random, graphFields }, index) {
    const file = join(folder, 'model.onnx');
    const model = decodeOnnx(readFileSync(file), file);
    const path = graphFields.next(index, random);
    const value = path.reduce<unknown>((level, key) => (level as Record<string, unknown>)?.[key], model);
    if (Array.isArray(value)) value.splice(0, random.chance(0.5) ? value.length : 1);
    else {
      const other = otherThan(value, random);
      if (other !== undefined) put(model, path, other);
    }
    try {
      resign(folder, encodeOnnx(model));
    } catch {
      // what cannot be written cannot be read: a model of other bytes instead
      resign(folder, mutateBytes(readFileSync(file), random));
    }
  },
  function modelBytes(folder, { random }) {
    resign(folder, mutateBytes(readFileSync(join(folder, 'model.onnx')), random));
  },
  function otherFile(folder, { random }) {
    const name = random.pick(['manifest.json', 'class_names.txt', 'self-test.json', 'self-test.png', 'model.onnx']);
    const path = join(folder, name);
    if (random.chance(0.2)) rmSync(path, { force: true });
    else writeFileSync(path, mutateBytes(Buffer.from(readIfThere(path)), random));
  },
];

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.from('{}');
  }
}

/** Puts a model into a folder whose manifest then fits it: a forger knows how to hash. */
function resign(folder: string, bytes: Uint8Array): void {
  writeFileSync(join(folder, 'model.onnx'), bytes);
  const file = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  manifest.sha256 = createHash('sha256').update(bytes).digest('hex');
  writeFileSync(file, JSON.stringify(manifest));
}

/** What is wrong with an error as a person reads it; undefined: nothing. */
function badSentence(error: unknown): string | undefined {
  const text = messageOf(error);
  if (!(error instanceof InspectionError)) return `no error of ours: ${text.slice(0, 150)}`;
  if (error.code === 'DETECTOR_FAILED' || error.code === 'DETECTOR_TIMEOUT')
    return `${error.code}: ${text.slice(0, 150)}`;
  if (/onnxruntime_src|\.cc:\d|node_modules|root:/.test(text)) return `raw text: ${text.slice(0, 150)}`;
  if (text.includes('\n') || text.length > SENTENCE_CHARS) return `no sentence: ${text.slice(0, 150)}`;
  return undefined;
}

async function intoDetector(folder: string, image: Buffer, tally: Tally, what: string): Promise<void> {
  const detector = new Detector({ model: folder, threads: 1, lanes: 1 }, { startTimeoutMs: START_LIMIT_MS });
  try {
    await detector.start();
    const outcome = await tally.answered(what, detector.detect({ image }));
    tally.check(
      outcome === undefined || outcome.inspected || outcome.reason === 'model not available',
      `${what}: ${JSON.stringify(outcome).slice(0, 200)}`,
    );
  } catch (error) {
    const bad = badSentence(error);
    if (bad) tally.fault(`${what}: ${bad}`);
  } finally {
    await detector.stop();
  }
}

async function intoSlots(folder: string, station: string, tally: Tally, what: string): Promise<void> {
  const store = new SlotStore(station);
  try {
    await tally.answered(what, store.install(folder));
  } catch (error) {
    const bad = badSentence(error);
    if (bad) tally.fault(`${what}: ${bad}`);
  }
  const { chosen } = await store.start();
  tally.check(chosen !== undefined, `${what}: the station has no model any more`);
}

/** In a process of its own, as model-calibrate has it. */
async function intoQuantize(folder: string, pictures: string, out: string, tally: Tally, what: string): Promise<void> {
  const args = ['quantize', '--model', folder, '--calibration', pictures, '--out', out, '--threads', '1'];
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  const timer = setTimeout(() => child.kill('SIGKILL'), START_LIMIT_MS);
  const [status, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  clearTimeout(timer);
  rmSync(out, { recursive: true, force: true });
  if (signal) tally.fault(`${what}: quantize ended by ${signal}`);
  else if (status !== 0 && /^\s+at |onnxruntime_src|\.cc:\d/m.test(said)) {
    tally.fault(`${what}: quantize said ${said.trim().slice(-200)}`);
  }
}

export async function tortureModels({ count, seed }: TortureOptions): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'torture-models-'));
  const random = new Random('torture models', seed);
  const tally = new Tally('damaged models');
  try {
    const pictures = join(root, 'pictures');
    mkdirSync(pictures);
    const { image } = await colouredPicture(seed);
    for (let i = 0; i < 12; i++) writeFileSync(join(pictures, `${i}.png`), (await colouredPicture(i)).image);
    const tiny = writeTinyFolder(join(root, 'tiny'), 'tiny');
    const station = join(root, 'station');
    await new SlotStore(station).init(tiny);
    const manifest = JSON.parse(readFileSync(join(SHIPPED_MODEL, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    const folder = join(root, 'spoilt');
    const isOfShipped = (index: number): boolean => index % 8 === 0;
    const kit: Kit = {
      random,
      fresh: () => folder,
      manifestFields: new Fields(manifest, (path) => path[0] !== 'certificate' && path[0] !== 'recipe'),
      graphFields: new Fields(
        decodeOnnx(tinyModel(), 'tiny'),
        (path) => !String(path[path.length - 1]).startsWith('$'),
      ),
    };
    const tinyFields = new Fields(JSON.parse(readFileSync(join(tiny, 'manifest.json'), 'utf8')));
    tally.warm();
    for (let index = 0; index < count; index++) {
      tally.count += 1;
      const ofShipped = isOfShipped(index);
      rmSync(folder, { recursive: true, force: true });
      cpSync(ofShipped ? SHIPPED_MODEL : tiny, folder, { recursive: true, filter: (path) => !path.includes('fp32') });
      // fields of cut heads and self-tests are the shipped model's only
      const way = ofShipped ? WAYS[0]! : WAYS[index % WAYS.length]!;
      const fields = ofShipped ? kit : { ...kit, manifestFields: tinyFields };
      const what = `model ${index} of seed ${seed}, ${way.name}`;
      way(folder, fields, Math.floor(index / (ofShipped ? 8 : WAYS.length)));
      if (index % QUANTIZE_EVERY === QUANTIZE_EVERY - 1) {
        await intoQuantize(folder, pictures, join(root, 'out'), tally, what);
      } else if (index % SLOTS_EVERY === 0) await intoSlots(folder, station, tally, what);
      else await intoDetector(folder, image, tally, what);
    }
    const row = tally.row();
    const touched = kit.manifestFields.touched.size + kit.graphFields.touched.size;
    const fieldCount = kit.manifestFields.count + kit.graphFields.count;
    return [{ ...row, test: `${row.test} (${touched} of ${fieldCount} fields)` }];
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

if (require.main === module) void runTorture(tortureModels, 1000);
