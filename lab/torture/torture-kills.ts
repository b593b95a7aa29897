/**
 * A detector under load whose process is killed (SIGKILL) or frozen (SIGSTOP) at random moments: while it starts, loads, infers
 * or idles. Every frame has to be answered once, and inspection has to be back within 3 s.
 *
 * Usage: npm run lab -- torture-kills [100] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Detector } from '../../src/detector/detector';
import { Random } from '../../src/kit/random';
import { colouredPicture } from '../../test/shadow/tiny-folder';
import { writeTinyModel } from '../../test/helpers/tiny-model';
import { until } from '../../test/helpers/until';
import { runTorture, Tally, type Row, type TortureOptions } from './harness';

const LANES = 4;
/** The goal for kill and freeze, ms. */
const GOAL_MS = 3000;
/** A moment somewhere in the life of a process: it starts within about 400 ms. */
const MOMENT_MS = 600;

async function torture(signal: NodeJS.Signals, { count, seed }: TortureOptions, folder: string): Promise<Row> {
  const model = writeTinyModel(join(folder, 'tiny.onnx'));
  const detector = new Detector({ model, threads: 1, lanes: 1 });
  const tally = new Tally(`${signal} at random moments`, () => [detector.stats().pid]);
  const random = new Random('torture kills', signal, seed);
  const { image } = await colouredPicture(seed);
  let [sent, answered, inspected, isOver] = [0, 0, 0, false];
  const lane = async (): Promise<void> => {
    while (!isOver) {
      sent += 1;
      const outcome = await tally.answered(`frame ${sent}`, detector.detect({ image }));
      if (outcome) answered += 1;
      if (outcome?.inspected) inspected += 1;
      await sleep(20);
    }
  };
  try {
    await detector.start();
    await detector.detect({ image });
    tally.warm();
    const lanes = Array.from({ length: LANES }, lane);
    for (let fault = 0; fault < count; fault++) {
      tally.count += 1;
      await sleep(random.integer(0, MOMENT_MS));
      const { pid } = detector.stats();
      if (pid === undefined) continue;
      process.kill(pid, signal);
      const at = performance.now();
      await until('another process', () => detector.stats().pid !== pid, 60_000);
      const before = inspected;
      await until('a frame is inspected', () => inspected > before, 60_000);
      const recoveryMs = performance.now() - at;
      tally.recovered(recoveryMs);
      tally.check(recoveryMs <= GOAL_MS, `Fault ${fault}: back after ${(recoveryMs / 1000).toFixed(2)} s`);
    }
    isOver = true;
    await Promise.all(lanes);
    const stats = detector.stats();
    tally.check(stats.offered === stats.inspected + stats.notInspected, 'The counters of the detector do not add up');
    tally.check(answered === sent, `${sent - answered} frames were not answered`);
    return tally.row();
  } finally {
    isOver = true;
    await detector.stop();
  }
}

export async function tortureKills(options: TortureOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-kills-'));
  try {
    const half = { ...options, count: Math.ceil(options.count / 2) };
    return [await torture('SIGKILL', half, folder), await torture('SIGSTOP', half, folder)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void runTorture(tortureKills, 100);
