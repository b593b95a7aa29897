/**
 * Start time, speed and resident memory of a detector process with
 * the shipped model as INT8 and as float32, in one and two lanes, read and memory-mapped, three frames always on their way.
 *
 * Every setting in a process of its own, in turn; medians over the rounds. Memory in MiB after the frames, from
 * /proc/PID/smaps_rollup: anonymous memory cannot be dropped, pages of files can, and are shared with other processes.
 *
 * Usage: npm run lab -- detector-memory --images DIR [--rounds 3]
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import type { DetectorOptions } from '../../src/contract/detector';
import { Detector } from '../../src/detector/detector';
import { listImages } from '../../src/evaluate/map-dataset';
import { PICTURES, median } from './peers-subjects';

const MODEL = join(__dirname, '..', '..', '..', 'models', 'pcb-defects');
const FRAMES = 90;
const IN_FLIGHT = 3;

const SETTINGS: Record<string, DetectorOptions> = {
  'INT8, two lanes': { model: MODEL, lanes: 2 },
  'INT8, two lanes, mapped': { model: MODEL, lanes: 2, memoryMapped: true },
  'INT8, one lane': { model: MODEL, lanes: 1 },
  'float32, two lanes': { model: join(MODEL, 'fp32', 'model.onnx'), lanes: 2 },
  'float32, two lanes, mapped': { model: join(MODEL, 'fp32', 'model.onnx'), lanes: 2, memoryMapped: true },
};

interface Measured {
  startMs: number;
  imagesPerSecond: number;
  cpuMsPerImage: number;
  residentMiB: number;
  anonymousMiB: number;
}

function memoryOf(pid: number | undefined): Pick<Measured, 'residentMiB' | 'anonymousMiB'> {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) / 1024;
  return { residentMiB: of('Rss'), anonymousMiB: of('Anonymous') };
}

async function measure(options: DetectorOptions, images: Buffer[]): Promise<Measured> {
  const detector = new Detector({ ...options, threads: 2, overload: 'every' });
  try {
    const asked = performance.now();
    await detector.start();
    const startMs = performance.now() - asked;
    let next = 0;
    const begun = performance.now();
    const cpuMs = detector.stats().cpuMs ?? NaN;
    const lane = async (): Promise<void> => {
      while (next < FRAMES) {
        const outcome = await detector.detect({ image: images[next++ % images.length] as Buffer });
        if (!outcome.inspected) throw new Error(outcome.detail);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
    const imagesPerSecond = (FRAMES / (performance.now() - begun)) * 1000;
    const { pid, cpuMs: cpuMsAfter = NaN } = detector.stats();
    return { startMs, imagesPerSecond, cpuMsPerImage: (cpuMsAfter - cpuMs) / FRAMES, ...memoryOf(pid) };
  } finally {
    await detector.stop();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { images: { type: 'string', default: '' }, rounds: { type: 'string', default: '3' } },
  });
  const images = (await listImages(values.images)).slice(0, PICTURES).map((path) => readFileSync(path));
  const results = new Map<string, Measured[]>(Object.keys(SETTINGS).map((name) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, options] of Object.entries(SETTINGS)) results.get(name)?.push(await measure(options, images));
  }
  console.table(
    [...results].map(([name, rounds]) => {
      const mid = (key: keyof Measured) => median(rounds.map((round) => round[key])).toFixed(0);
      return {
        setting: name,
        'start ms': mid('startMs'),
        'images/s': mid('imagesPerSecond'),
        'CPU ms per image': mid('cpuMsPerImage'),
        'resident MiB': mid('residentMiB'),
        'of it anonymous MiB': mid('anonymousMiB'),
      };
    }),
  );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
