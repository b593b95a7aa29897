/**
 * Half an hour of pictures (18,000 at 10 a second, here as fast as 300 a second) from a camera program that is killed,
 * frozen and broken 100 times. A camera of its own process, so that pictures really travel through a pipe. Checks that
 * every picture that came in went out or was counted as lost, that memory and open files stay flat and that no process
 * is left; exits with 1 otherwise.
 *
 * Usage: npm run lab -- cameras-soak [--faults 100] [--pictures 18000]
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { Camera, type CameraAnswer } from '../../src/camera/camera';
import { runningChildren } from '../../src/camera/programs/child';
import { rpicamVideoSource } from '../../src/camera/sources/rpicam';
import { parseSettings } from '../../src/camera/settings';
import type { SourceListener } from '../../src/camera/sources/source';
import { FrameLedger } from '../../src/station/ledger';
import { Scheduler } from '../../src/station/scheduler';

const { values } = parseArgs({
  options: { faults: { type: 'string', default: '100' }, pictures: { type: 'string', default: '18000' } },
});
const faults = Number(values.faults);
const pictures = Number(values.pictures);

/** Silence after which the camera counts as hanging, ms; 5 s in use, shorter here since a third of the faults waits. */
const STALL_MS = 400;
/** Slowest and fastest inspection of the detector that is played here, ms. */
const INSPECTION_MS = [1, 8] as const;

/** rpicam-vid for this run: numbers its pictures over all its lives, garbage now and then. */
const PROGRAM = `#!${process.execPath}
const fs = require('node:fs');
const picture = fs.readFileSync(__dirname + '/picture.jpg');
fs.writeFileSync(__dirname + '/pid', String(process.pid));
process.stdout.on('error', () => process.exit(0));
let count = 0;
setInterval(() => {
  if (process.stdout.writableLength > 4e6) return;
  count += 1;
  if (count % 97 === 0) process.stdout.write(picture.subarray(0, picture.length / 2));
  process.stdout.write(picture);
}, 3);
`;

type Fault = (pid: number) => Promise<void>;

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // between two lives
  }
}

/** What happens to the camera, in turn. */
const FAULTS: Record<string, Fault> = {
  killed: async (pid) => signalTo(pid, 'SIGKILL'),
  'frozen for good': async (pid) => {
    signalTo(pid, 'SIGSTOP');
    await sleep(STALL_MS * 2);
  },
  'frozen for a moment': async (pid) => {
    signalTo(pid, 'SIGSTOP');
    await sleep(STALL_MS / 4);
    signalTo(pid, 'SIGCONT');
  },
  'ended politely': async (pid) => signalTo(pid, 'SIGTERM'),
};

const openFiles = () => readdirSync('/proc/self/fd').length;

interface Memory {
  rssMb: number;
  heapMb: number;
  files: number;
}

function memoryNow(): Memory {
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMb: Math.round(rss / 1e6), heapMb: Math.round(heapUsed / 1e5) / 10, files: openFiles() };
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cameras-soak-'));
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  const drawn = { create: { width: 640, height: 480, channels: 3, background: '#888', noise } } as const;
  writeFileSync(join(folder, 'picture.jpg'), await sharp(drawn).jpeg({ quality: 80 }).toBuffer());
  writeFileSync(join(folder, 'rpicam-vid'), PROGRAM);
  chmodSync(join(folder, 'rpicam-vid'), 0o755);
  process.env.PATH = folder + delimiter + process.env.PATH;

  /** Pictures as the source counts them, beside the counters of the camera. */
  const heard = { lost: 0, live: 0 };
  const options = {
    camera: 0,
    size: undefined,
    fps: 0,
    controls: {},
    timeoutMs: 10_000,
    maxBytes: 4e6,
    keep: 16,
    delayMs: 0,
  };
  let entered = 0;
  const open = (listener: SourceListener) => {
    const watched: SourceListener = {
      onLoss: (kind) => listener.onLoss(kind),
      onState: (state, error) => {
        if (state === 'lost') heard.lost += 1;
        if (state === 'live') heard.live += 1;
        listener.onState(state, error);
      },
    };
    return rpicamVideoSource({ ...options, stallMs: STALL_MS, backOff: { firstMs: 10, maxMs: 80 } }, watched);
  };
  const flights = new FrameLedger();
  const settings = parseSettings({ fps: 0, overload: 'latest', name: 'soak' });
  const camera = new Camera({ settings, canWait: false, open }, { flights, scheduler: new Scheduler() });
  const out = { sent: 0, notInspected: new Map<string, number>() };
  const ids = new Set<string>();
  let lastSeq = -1;
  let gaps = 0;
  const seqs: number[] = [];
  camera.on('answer', (answer: CameraAnswer) => {
    entered += 1;
    seqs.push(answer.frame.seq);
    ids.add(answer.frame.id);
    if (answer.notInspected) {
      const { reason } = answer.notInspected;
      out.notInspected.set(reason, (out.notInspected.get(reason) ?? 0) + 1);
      return;
    }
    out.sent += 1;
    flights.enter('soak', answer.frame.id);
    const [fastest, slowest] = INSPECTION_MS;
    setTimeout(() => flights.leave('soak', answer.frame.id), fastest + Math.random() * (slowest - fastest));
  });
  camera.start();

  const startedMs = Date.now();
  let warm: Memory | undefined;
  const names = Object.keys(FAULTS);
  const done = new Map<string, number>();
  for (let fault = 0; fault < faults; fault += 1) {
    const target = ((fault + 1) * pictures) / (faults + 1);
    while (entered < target) await sleep(5);
    if (fault === Math.floor(faults / 5)) warm = memoryNow();
    const name = names[fault % names.length] as string;
    await FAULTS[name]?.(Number(readFileSync(join(folder, 'pid'), 'utf8')));
    done.set(name, (done.get(name) ?? 0) + 1);
  }
  while (entered < pictures) await sleep(5);
  const end = memoryNow();
  await camera.stop();
  const { counters } = camera.status;
  seqs.sort((a, b) => a - b);
  for (const seq of seqs) {
    if (seq !== lastSeq + 1) gaps += 1;
    lastSeq = seq;
  }
  rmSync(folder, { recursive: true });

  const accounted = counters.sent + counters.dropped + counters.tooHot + counters.failed + counters.stopped;
  const checks: Record<string, boolean> = {
    'asked = sent + dropped + failed + stopped': counters.asked === accounted,
    'one answer for each, none twice': entered === counters.asked && ids.size === entered && gaps === 0,
    'answers as counted': out.sent === counters.sent,
    'no process left': runningChildren() === 0,
    'memory flat (heap grew less than 10 MB, RSS less than 40 MB)':
      warm !== undefined && end.heapMb - warm.heapMb < 10 && end.rssMb - warm.rssMb < 40,
    'no file left open': warm !== undefined && end.files <= warm.files + 2,
  };
  console.log(JSON.stringify({ seconds: (Date.now() - startedMs) / 1000, faults: Object.fromEntries(done), heard }));
  console.log(JSON.stringify({ counters, notInspected: Object.fromEntries(out.notInspected) }));
  console.log(JSON.stringify({ warm, end }));
  for (const [check, isMet] of Object.entries(checks)) console.log(`${isMet ? 'ok ' : 'NOT'} ${check}`);
  if (Object.values(checks).includes(false)) process.exitCode = 1;
}

void main();
