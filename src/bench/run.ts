import { readFile } from 'node:fs/promises';
import { Pipeline } from '../detect/pipeline';
import { Detector } from '../detector/detector';
import { actualThreads } from '../detector/options';
import { InspectionError } from '../errors';
import { loadModel } from '../model/load-model';
import type { Precision } from '../model/manifest-types';
import { ModelSession, Tensor } from '../model/session';
import { decodeOnnx } from '../onnx';
import { BoardSensor, type BoardReading } from '../thermal/sensors/board';
import { describeMachine, type Machine } from './machine';
import { listImages, readDataset } from './map-dataset';
import { evaluate } from './map-evaluate';
import { integerFormOf, unsuitedBecause } from './suits';
import { percentilesOf, type Percentiles } from './statistics';

export interface BenchOptions {
  models: string[];
  images: string;
  labels?: string;
  threads: number[];
  /** Frames that are timed per model and number of threads. */
  runs: number;
}

export interface BenchResult {
  model: string;
  name: string;
  sha256: string;
  precision: Precision;
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
  results: BenchResult[];
  /** One sentence each: models that do not suit the machine, integer models slower than float ones. */
  warnings: string[];
  /** Frames per result, and pictures they were taken from. */
  runs: number;
  images: number;
}

/** A frame may be slow here, it is only measured; the line's own watchdog would end the process. */
const FRAME_LIMIT_MS = 120_000;

/** Frames before timing begins: caches, clock, first allocations. */
const WARMUP_FRAMES = 3;

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
  const images = await readImages(options.images);
  const candidates: Candidate[] = [];
  const warnings: string[] = [];
  let done = 0;
  const steps = options.threads.length * options.runs * 2 + options.models.length;
  const step = (): void => onProgress(++done / steps);
  for (const model of options.models) {
    const accuracy = await accuracyOf(model, options);
    step();
    const loaded = await loadModel(model);
    for (const because of unsuitedBecause(integerFormOf(decodeOnnx(loaded.bytes, model)), machine)) {
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
  return {
    machine,
    results,
    warnings: [...warnings, ...slowIntegers(results)],
    runs: options.runs,
    images: images.length,
  };
}

interface Candidate {
  model: string;
  loaded: Awaited<ReturnType<typeof loadModel>>;
  accuracy: Pick<BenchResult, 'map50' | 'map5095'>;
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

type InProcess = Omit<
  BenchResult,
  'model' | 'name' | 'sha256' | 'precision' | 'threads' | 'sizeBytes' | 'raw' | 'map50' | 'map5095'
>;

async function measureDetectors(
  candidates: readonly Candidate[],
  threads: number,
  images: readonly Uint8Array[],
  runs: number,
  cores: number,
  step: () => void,
): Promise<InProcess[]> {
  const detectors: Detector[] = [];
  try {
    const measured = [];
    for (const { model } of candidates) {
      const detector = new Detector({ model, threads, lanes: 1, watchdogMs: FRAME_LIMIT_MS });
      detectors.push(detector);
      const start = performance.now();
      await detector.start();
      const loadMs = performance.now() - start;
      for (let i = 0; i < WARMUP_FRAMES; i++) await frame(detector, images[i % images.length]!);
      measured.push({ detector, loadMs, times: [] as Frame[], busyMs: 0, cpuMs: 0, rssBytes: 0 });
    }
    for (let run = 0; run < runs; run++) {
      for (const each of measured) {
        const before = each.detector.stats().cpuMs ?? 0;
        const start = performance.now();
        each.times.push(await frame(each.detector, images[run % images.length]!));
        each.busyMs += performance.now() - start;
        const stats = each.detector.stats();
        each.cpuMs += (stats.cpuMs ?? 0) - before;
        each.rssBytes = Math.max(each.rssBytes, stats.rssBytes ?? 0);
      }
      step();
    }
    const results: InProcess[] = [];
    for (const { detector, loadMs, times, busyMs, cpuMs, rssBytes } of measured) {
      const median = (part: keyof Frame): number => percentilesOf(times.map((time) => time[part])).p50;
      results.push({
        loadMs,
        latencyMs: percentilesOf(times.map(({ total }) => total)),
        partsMs: { decode: median('decode'), infer: median('infer') },
        cpuPercent: rssBytes > 0 ? Math.min(100, (100 * cpuMs) / (busyMs * cores)) : null,
        rssBytes: rssBytes || null,
        ...(await energyOf(detector, images, runs)),
      });
    }
    return results;
  } finally {
    await Promise.all(detectors.map((detector) => detector.stop()));
  }
}

interface Frame {
  decode: number;
  infer: number;
  total: number;
}

async function frame(detector: Detector, image: Uint8Array): Promise<Frame> {
  const outcome = await detector.detect({ image, overload: 'every' });
  if (outcome.inspected) return outcome.latencyMs;
  throw new InspectionError(
    'DETECTOR_FAILED',
    `Expected an inspected frame from bench but received: ${outcome.detail}`,
  );
}

/** Energy of one frame at full speed, where the board measures its power; and what its sensors say under that load. */
async function energyOf(
  detector: Detector,
  images: readonly Uint8Array[],
  runs: number,
): Promise<Pick<BenchResult, 'energyMilliJoule' | 'board'>> {
  const sensor = new BoardSensor();
  const before = await sensor.readRest();
  if (Object.keys(before).length === 0) {
    const tempC = await sensor.readTempC();
    return tempC === undefined ? {} : { board: { tempC } };
  }
  const start = performance.now();
  const powers: number[] = [];
  let board = before;
  for (let run = 0; run < runs; run++) {
    const reading = run % 10 === 5 ? sensor.readRest() : undefined;
    await frame(detector, images[run % images.length]!);
    board = (await reading) ?? board;
    if (reading && board.powerW !== undefined) powers.push(board.powerW);
  }
  const tempC = await sensor.readTempC();
  const secondsPerFrame = (performance.now() - start) / 1000 / runs;
  const meanW = powers.reduce((sum, power) => sum + power, 0) / powers.length;
  return {
    board: { ...board, ...(tempC !== undefined && { tempC }) },
    ...(powers.length > 0 && { energyMilliJoule: 1000 * meanW * secondsPerFrame }),
  };
}

async function measureRaw(
  candidates: readonly Candidate[],
  threads: number,
  runs: number,
  step: () => void,
): Promise<BenchResult['raw'][]> {
  const opened: { session: ModelSession; feeds: Record<string, Tensor>; loadMs: number; times: number[] }[] = [];
  try {
    for (const { loaded } of candidates) {
      const start = performance.now();
      const session = await ModelSession.open(loaded.bytes, { threads: actualThreads(threads) });
      const loadMs = performance.now() - start;
      opened.push({ session, loadMs, times: [], feeds: { [loaded.inputName]: greyTensor(loaded.manifest.input) } });
    }
    for (let run = -WARMUP_FRAMES; run < runs; run++) {
      for (const { session, feeds, times } of opened) {
        const start = performance.now();
        await session.run(feeds);
        if (run >= 0) times.push(performance.now() - start);
      }
      if (run >= 0) step();
    }
    return opened.map(({ loadMs, times }) => ({ loadMs, latencyMs: percentilesOf(times) }));
  } finally {
    for (const { session } of opened) await session.release();
  }
}

/** A picture of varying greys in the model's own input format. */
function greyTensor(input: Candidate['loaded']['manifest']['input']): Tensor {
  const { width, height, layout, type } = input;
  const shape = layout === 'nhwc' ? [1, height, width, 3] : [1, 3, height, width];
  const size = width * height * 3;
  return type === 'uint8'
    ? new Tensor(
        'uint8',
        Uint8Array.from({ length: size }, (_, i) => (i * 7) % 256),
        shape,
      )
    : new Tensor(
        'float32',
        Float32Array.from({ length: size }, (_, i) => ((i * 7) % 256) / 255),
        shape,
      );
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
