/**
 * Each source on the same pictures (1280x720, 10 a second): latency from the picture's making to the message, and CPU
 * per picture in Node-RED's process, in ffmpeg and in the decoder of the detector. The last column decides between JPEG
 * and raw RGB. Real ffmpeg, real RTSP server; the V4L2 device is a stream that ffmpeg reads in its place.
 *
 * Usage: npm run lab -- cameras [--seconds 8] [--only rtsp]
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { decodeAndLetterbox } from '../../src/image/letterbox';
import { Camera, type CameraAnswer } from '../../src/camera/camera';
import { planCamera } from '../../src/camera/table';
import { FrameLedger } from '../../src/station/ledger';
import { Scheduler } from '../../src/station/scheduler';
import { CODE_HEIGHT, drawScene, readTime, RIG } from './camera-rig';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '8' }, only: { type: 'string', default: '' } },
});
const seconds = Number(values.seconds);
const MODEL_SIDE = 640;
const RAW = { format: 'rgb24', width: MODEL_SIDE, height: MODEL_SIDE };
const TICKS_PER_SECOND = 100;

const ROOT = join(__dirname, '..', '..', '..');

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output');
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return data.toString();
}

/** CPU time of the camera programs this process has started, ms. */
function childrenCpuMs(others: ReadonlySet<number>): number {
  let ticks = 0;
  const family = new Set([process.pid]);
  for (const pid of readdirSync('/proc')
    .map(Number)
    .filter(Boolean)
    .sort((a, b) => a - b)) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      if (!family.has(Number(fields[1])) || others.has(pid) || pid === process.pid) continue;
      family.add(pid);
      ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // gone meanwhile
    }
  }
  return (ticks * 1000) / TICKS_PER_SECOND;
}

const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000;
const quantile = (numbers: number[], q: number) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))] ?? NaN;

/** Time drawn into a picture against the time its message came, ms. */
async function latencyOf({ frame, bytes }: CameraAnswer, messageAtMs: number): Promise<number> {
  const isRaw = frame.format === 'rgb24';
  const pixels = isRaw ? bytes : await sharp(bytes).removeAlpha().raw().toBuffer();
  const isPadded = frame.height * RIG.width !== frame.width * RIG.height;
  const top = isPadded ? Math.round((frame.height - (frame.width * RIG.height) / RIG.width) / 2) : 0;
  const span = 2 ** RIG.timeBits;
  return (((messageAtMs - readTime(pixels, frame.width, top)) % span) + span) % span;
}

interface Row {
  source: string;
  pictures: number;
  latencyMs: { p50: number; p95: number };
  cpuMsPerPicture: { nodeRed: number; ffmpeg: number; decode: number; total: number };
  bytesPerPicture: number;
}

async function measure(source: string, raw: Record<string, unknown>, others: ReadonlySet<number>): Promise<Row> {
  const plan = planCamera({ fps: 0, delay: 0, timeout: 60, ...raw });
  const camera = new Camera(plan, { flights: new FrameLedger(), scheduler: new Scheduler() });
  const kept: Array<[CameraAnswer, number]> = [];
  let isKeeping = false;
  camera.on('answer', (answer) => {
    if (isKeeping && !answer.notInspected) kept.push([answer, Date.now()]);
  });
  const started = new Promise((resolve) => camera.once('answer', resolve));
  camera.start();
  await started;
  // past the first pictures, which an RTSP stream sends in a burst
  await sleep(2000);
  isKeeping = true;
  const before = { own: cpuMs(), children: childrenCpuMs(others) };
  await sleep(seconds * 1000);
  const own = cpuMs() - before.own;
  const children = childrenCpuMs(others) - before.children;
  isKeeping = false;
  await camera.stop();
  const latencies: number[] = [];
  if (source !== 'simulator') for (const [answer, atMs] of kept) latencies.push(await latencyOf(answer, atMs));
  const decodeBefore = cpuMs();
  for (const [{ bytes, frame }] of kept)
    await decodeAndLetterbox(bytes, frame, { width: MODEL_SIDE, height: MODEL_SIDE });
  const decode = cpuMs() - decodeBefore;
  const per = (ms: number) => Math.round((ms / kept.length) * 10) / 10;
  return {
    source,
    pictures: kept.length,
    latencyMs: { p50: quantile(latencies, 0.5), p95: quantile(latencies, 0.95) },
    cpuMsPerPicture: {
      nodeRed: per(own),
      ffmpeg: per(children),
      decode: per(decode),
      total: per(own + children + decode),
    },
    bytesPerPicture: Math.round(kept.reduce((sum, [{ bytes }]) => sum + bytes.length, 0) / kept.length),
  };
}

/** ffmpeg with the stream of the rig in place of the device: the rest of its arguments is used as it is. */
function deviceProgram(url: string): string {
  return `#!/bin/bash
args=(); skip=0
while [ $# -gt 0 ]; do
  case "$1" in
    -f) if [ "$2" = v4l2 ]; then args+=(-f mpjpeg); shift 2; continue; fi;;
    -input_format|-video_size|-framerate) shift 2; continue;;
    -i) args+=(-i '${url}'); shift 2; continue;;
  esac
  args+=("$1"); shift
done
exec /usr/bin/ffmpeg "\${args[@]}"
`;
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-cameras-'));
  const pipes = { stdio: ['pipe', 'pipe', 'inherit'] as ['pipe', 'pipe', 'inherit'] };
  const rig = spawn(process.execPath, [join(__dirname, 'camera-rig.js')], pipes);
  const { port } = JSON.parse(await firstLine(rig)) as { port: number };
  const scene = join(folder, 'scene.rgb');
  writeFileSync(scene, await drawScene());
  const sizes = [RIG.width, RIG.height, RIG.fps, RIG.timeBits, CODE_HEIGHT].map(String);
  const rtsp = spawn('/usr/bin/python3', [join(ROOT, 'lab', 'bench', 'rtsp-camera.py'), ...sizes, scene], pipes);
  const rtspUrl = `rtsp://127.0.0.1:${Number(await firstLine(rtsp))}`;
  const h264 = { source: 'rtsp', url: `${rtspUrl}/h264` };
  const mjpeg = { source: 'rtsp', url: `${rtspUrl}/mjpeg` };
  writeFileSync(join(folder, 'ffmpeg'), deviceProgram(`http://127.0.0.1:${port}/stream`));
  chmodSync(join(folder, 'ffmpeg'), 0o755);
  const path = process.env.PATH ?? '';
  const others = new Set([rig.pid ?? 0, rtsp.pid ?? 0]);
  const url = `http://127.0.0.1:${port}`;
  const device = { source: 'v4l2', device: '/dev/video0' };
  const cases: Array<[string, Record<string, unknown>]> = [
    ['http snapshot', { source: 'http', url: `${url}/snapshot` }],
    ['http stream', { source: 'http', mode: 'stream', url: `${url}/stream` }],
    ['rtsp H.264, JPEG', h264],
    ['rtsp H.264, JPEG of 640 px', { ...h264, width: MODEL_SIDE, height: MODEL_SIDE }],
    ['rtsp H.264, raw RGB of 640 px', { ...h264, ...RAW }],
    ['rtsp MJPEG, JPEG', mjpeg],
    ['rtsp MJPEG, JPEG of 640 px', { ...mjpeg, width: MODEL_SIDE, height: MODEL_SIDE }],
    ['rtsp MJPEG, raw RGB of 640 px', { ...mjpeg, ...RAW }],
    ['v4l2, JPEG untouched', device],
    ['v4l2, raw RGB of 640 px', { ...device, ...RAW }],
    ['simulator', { source: 'simulator', fps: RIG.fps }],
  ];
  const rows: Row[] = [];
  for (const [name, raw] of cases.filter(([name]) => name.includes(values.only))) {
    process.env.PATH = raw.source === 'v4l2' ? folder + delimiter + path : path;
    rows.push(await measure(name, raw, others));
    console.error(JSON.stringify(rows.at(-1)));
  }
  rig.stdin?.end();
  rtsp.stdin?.end();
  const coding = JSON.parse(await firstLine(rtsp)) as Record<string, [number, number]>;
  rmSync(folder, { recursive: true });
  console.log(
    '| source | pictures | latency p50, p95 ms | CPU ms per picture: Node-RED | ffmpeg | decode | all | bytes |',
  );
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const { source, pictures, latencyMs, cpuMsPerPicture: cpu, bytesPerPicture } of rows) {
    const latency = Number.isNaN(latencyMs.p50) ? '–' : `${latencyMs.p50}, ${latencyMs.p95}`;
    const figures = [source, pictures, latency, cpu.nodeRed, cpu.ffmpeg, cpu.decode, cpu.total, bytesPerPicture];
    console.log(`| ${figures.join(' | ')} |`);
  }
  for (const [codec, [p50, p95]] of Object.entries(coding)) {
    if (p50 !== null) console.log(`In the latency over RTSP: coding ${codec} in the camera, p50 ${p50}, p95 ${p95} ms`);
  }
}

void main();
