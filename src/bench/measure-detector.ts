import { Detector } from '../detector/detector';
import { InspectionError } from '../contract/errors';
import { BoardSensor } from '../thermal/sensors/board';
import { WARMUP_FRAMES, type Candidate } from './candidate';
import type { BenchResult } from './run';
import { percentilesOf } from '../kit/percentiles';

/** A frame may be slow here, it is only measured; the line's own watchdog would end the process. */
const FRAME_LIMIT_MS = 120_000;

type InProcess = Omit<
  BenchResult,
  'model' | 'name' | 'sha256' | 'precision' | 'threads' | 'sizeBytes' | 'raw' | 'map50' | 'map5095'
>;

/** Measures models as the line runs them: one detector process each, frames in turn. */
export async function measureDetectors(
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
      const { kernels } = await detector.start();
      const loadMs = performance.now() - start;
      for (let i = 0; i < WARMUP_FRAMES; i++) await frame(detector, images[i % images.length]!);
      measured.push({ detector, kernels, loadMs, times: [] as Frame[], busyMs: 0, cpuMs: 0, rssBytes: 0 });
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
    for (const { detector, kernels, loadMs, times, busyMs, cpuMs, rssBytes } of measured) {
      const median = (part: keyof Frame): number => percentilesOf(times.map((time) => time[part])).p50;
      results.push({
        kernels,
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
