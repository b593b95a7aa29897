import { readFile } from 'node:fs/promises';
import { Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import type { Kernels, Precision } from '../contract/manifest';
import type { ModelInfo } from '../contract/detector';
import { kernelsFor, nativeKernels } from '../model/kernels';
import { loadModel } from '../model/load-model';
import { decodeOnnx } from '../onnx';
import type { BoardReading } from '../contract/thermal';
import type { Candidate } from './candidate';
import { describeMachine, type Machine } from './machine';
import { listImages, readDataset } from '../evaluate/map-dataset';
import { evaluate } from '../evaluate/map-evaluate';
import { measureDetectors } from './measure-detector';
import { measureRaw } from './measure-raw';
import { measureNcnn, type NcnnResult } from './ncnn';
import { BoardSensor } from '../thermal/sensors/board';
import { integerFormOf, suitabilityWarnings } from './suitability';
import type { Percentiles } from '../kit/percentiles';

export interface BenchOptions {
  models: string[];
  images: string;
  labels?: string;
  threads: number[];
  /** Frames that are timed per model and number of threads. */
  runs: number;
  /** A folder with a model of ncnn's, which is measured beside ours where ncnn is installed. */
  ncnn?: string;
}

export interface BenchResult {
  model: string;
  name: string;
  sha256: string;
  precision: Precision;
  /** See ModelInfo. */
  kernels: ModelInfo['kernels'];
  threads: number;
  sizeBytes: number;
  /** From the start of the detector process to its first answer. */
  loadMs: number;
  /** From handing over an encoded picture to the detections. */
  latencyMs: Percentiles;
  /** Medians of the parts of it. */
  partsMs: { decode: number; infer: number };
  /** The model alone: a session in this process, without picture and decoding. */
  raw: { loadMs: number; latencyMs: Percentiles };
  /** Processor time of the detector process while it works, as a share of all cores. 0 … 100 */
  cpuPercent: number | null;
  rssBytes: number | null;
  /** 0 … 1; null without labels. */
  map50: number | null;
  map5095: number | null;
  /** Only where the board measures it (Raspberry Pi 5). */
  energyMilliJoule?: number;
  board?: BoardReading;
}

export interface BenchReport {
  machine: Machine;
  /** What the runtime's own integer kernels do on this processor; `saturating` ones are replaced by slower ones. */
  nativeKernels: Kernels;
  results: BenchResult[];
  /** One sentence each: models that do not suit the machine, integer models slower than float ones. */
  warnings: string[];
  /** °C before the first and after the last frame; null where there is no sensor. */
  temperatureC: { before: number | null; after: number | null };
  ncnn: NcnnResult | null;
  /** Frames per result, and pictures they were taken from. */
  runs: number;
  images: number;
}

/**
 * Measures models in the very process that runs them on the line, and alone. Models take turns frame by frame, so that
 * whatever else the machine does hits all of them alike: the ratios are better than the times.
 *
 * @throws InspectionError for a model or folder that cannot be used
 */
export async function bench(
  options: BenchOptions,
  onProgress: (done: number) => void = () => {},
): Promise<BenchReport> {
  const machine = describeMachine();
  const kernels = { native: await nativeKernels(), used: (await kernelsFor()).kernels };
  const images = await readImages(options.images);
  const sensor = new BoardSensor();
  const before = (await sensor.readTempC()) ?? null;
  const candidates: Candidate[] = [];
  const warnings: string[] = [];
  let done = 0;
  const steps = options.threads.length * options.runs * 2 + options.models.length;
  const step = (): void => onProgress(++done / steps);
  for (const model of options.models) {
    const accuracy = await accuracyOf(model, options);
    step();
    const loaded = await loadModel(model);
    for (const because of suitabilityWarnings(integerFormOf(decodeOnnx(loaded.bytes, model)), machine, kernels)) {
      warnings.push(`${model} ${because}`);
    }
    candidates.push({ model, loaded, accuracy });
  }
  const results: BenchResult[] = [];
  for (const threads of options.threads) {
    const inProcess = await measureDetectors(candidates, threads, images, options.runs, machine.cores, step);
    const raw = await measureRaw(candidates, threads, options.runs, step);
    candidates.forEach(({ model, loaded, accuracy }, index) => {
      const { name, sha256, precision } = loaded.manifest;
      const sizeBytes = loaded.bytes.byteLength;
      results.push({
        model,
        name,
        sha256,
        precision,
        threads,
        sizeBytes,
        ...inProcess[index]!,
        raw: raw[index]!,
        ...accuracy,
      });
    });
  }
  const after = (await sensor.readTempC()) ?? null;
  const ncnn = options.ncnn === undefined ? null : await ncnnOf(options.ncnn, candidates, options);
  if (ncnn?.why) warnings.push(ncnn.why);
  return {
    machine,
    temperatureC: { before, after },
    ncnn: ncnn?.result ?? null,
    nativeKernels: kernels.native,
    results,
    warnings: [...warnings, ...slowIntegers(results)],
    runs: options.runs,
    images: images.length,
  };
}

/** At the size of the first model and the first number of threads. */
async function ncnnOf(folder: string, [first]: readonly Candidate[], { threads, runs }: BenchOptions) {
  const size = first!.loaded.manifest.input.width;
  return measureNcnn(folder, { size, threads: actualThreads(threads[0]!), runs });
}

/** Pictures that are held in memory at most. */
const MAX_IMAGES = 50;

async function readImages(folder: string): Promise<Uint8Array[]> {
  const paths = await listImages(folder);
  return Promise.all(paths.slice(0, MAX_IMAGES).map((path) => readFile(path)));
}

async function accuracyOf(model: string, { images, labels, threads }: BenchOptions): Promise<Candidate['accuracy']> {
  if (labels === undefined) return { map50: null, map5095: null };
  const pipeline = await Pipeline.open(model, { threads: actualThreads(threads[0]!) });
  try {
    const { map50, map5095 } = await evaluate(pipeline, await readDataset(images, labels));
    return { map50, map5095 };
  } finally {
    await pipeline.close();
  }
}

/** An integer model that is slower than a float one is a mistake somebody should hear of. */
function slowIntegers(results: readonly BenchResult[]): string[] {
  return results
    .filter(({ precision }) => precision === 'int8')
    .flatMap((int8) => {
      const float = results.find(({ precision, threads }) => precision === 'fp32' && threads === int8.threads);
      if (!float || int8.raw.latencyMs.p50 <= float.raw.latencyMs.p50) return [];
      const times = (int8.raw.latencyMs.p50 / float.raw.latencyMs.p50).toFixed(1);
      return [
        `${int8.model} takes ${times} times as long as the float32 model ${float.model} at ${int8.threads} threads on this machine`,
      ];
    });
}
