/**
 * A station that raises alerts while its broker is gone, silent or refuses, its disk is full, its clock is set, and a detector
 * whose memory is short (prlimit): every alert has to arrive, in order, no picture that is linked is empty, every line of
 * the log is written, every frame is answered.
 *
 * Usage: npm run lab -- torture-faults [2000] [--seed 1]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { Random } from '../../src/kit/random';
import { detection, FRAME, INFERENCE } from '../../test/alert/fixtures';
import { writeTinyModel } from '../../test/helpers/tiny-model';
import { until } from '../../test/helpers/until';
import { residentMiB, runTorture, Tally, type Row, type TortureOptions } from './harness';
import { StationRig, type BrokerMood } from './rig';

const HOUR_MS = 3_600_000;
/** Parts between two faults. */
const FAULT_EVERY = 25;

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(4000, 7)]);

const FAULTS: Record<string, (rig: StationRig, random: Random) => void> = {
  broker: (rig, random) => (rig.broker.mood = random.pick<BrokerMood>(['gone', 'silent', 'refusing', 'well'])),
  disk: (rig, random) => (rig.disk.roomBytes = random.pick([0, random.integer(1, 20_000), Infinity])),
  clock: (rig, random) => (rig.shiftMs = random.pick([HOUR_MS, -HOUR_MS, -30 * 24 * HOUR_MS, 0])),
};

/** What is wrong with a station that is well again and has delivered what it could. */
export async function checkStation(
  rig: StationRig,
  tally: Tally,
  parts: number,
  pictureBytes = JPEG.length,
): Promise<void> {
  rig.heal();
  const before = performance.now();
  await until('all alerts are at the broker', () => rig.service.undelivered === 0, 60_000);
  tally.recovered(performance.now() - before);
  const { delivered, raised } = rig;
  tally.lost += raised.filter((id) => !delivered.includes(id)).length;
  tally.check(delivered.join() === raised.join(), 'The alerts did not arrive in the order in which they were raised');
  // damaged pictures have other sizes, but none is empty
  const isPicture = (size: number): boolean => size === pictureBytes || (pictureBytes !== JPEG.length && size > 0);
  for (const { evidence } of rig.linked) {
    const { size } = statSync(join(rig.evidenceFolder, basename(evidence!.url)), { throwIfNoEntry: false }) ?? {
      size: -1,
    };
    if (isPicture(size)) continue;
    tally.fault(`The picture ${evidence!.url} that is linked has ${size} bytes`);
  }
  await rig.service.stop();
  const lines = readFileSync(join(rig.folder, 'verdicts.jsonl'), 'utf8').trim().split('\n');
  tally.check(lines.length === parts, `The log has ${lines.length} lines of ${parts} parts`);
  const { triggers, pass, fail, notInspected } = rig.service.station.counters;
  tally.check(triggers === parts && pass + fail + notInspected === parts, `${triggers} of ${parts} parts were counted`);
}

async function tortureStation(kind: string, { count, seed }: TortureOptions, root: string): Promise<Row> {
  const random = new Random('torture faults', kind, seed);
  const tally = new Tally(`${kind} faults`);
  const rig = new StationRig(mkdtempSync(join(root, `${kind}-`)));
  await rig.start();
  for (let part = 0; part < count; part++) {
    tally.count += 1;
    if (part === Math.floor(count / 5)) tally.warm();
    if (part % FAULT_EVERY === 0) FAULTS[kind]!(rig, random);
    const payload = random.chance(0.5) ? [detection()] : [];
    const { verdict, settled } = rig.service.handle({ payload, frame: FRAME, inference: INFERENCE, image: JPEG });
    tally.check(verdict.verdict === (payload.length > 0 ? 'FAIL' : 'PASS'), `Part ${part} is ${verdict.verdict}`);
    // what the disk refuses is told here
    settled.catch(() => undefined);
    if (part % 5 === 0) await sleep(1);
  }
  await checkStation(rig, tally, count);
  return tally.row();
}

/** A detector that may not have much more memory than it has: large pictures fail, small ones are inspected. */
async function tortureMemory({ count, seed }: TortureOptions, root: string): Promise<Row | undefined> {
  const model = writeTinyModel(join(root, 'tiny.onnx'));
  const detector = new Detector({ model, threads: 1, lanes: 1, overload: 'every' });
  const tally = new Tally('memory short', () => [detector.stats().pid]);
  const picture = (side: number) =>
    sharp({ create: { width: side, height: side, channels: 3, background: '#ff0000' } }).png({
      progressive: side > 64,
    });
  try {
    await detector.start();
    const [small, large] = [await picture(64).toBuffer(), await picture(6000).toBuffer()];
    for (let i = 0; i < 50; i++) await detector.detect({ image: small });
    tally.warm();
    const random = new Random('torture memory', seed);
    for (let i = 0; i < Math.ceil(count / 20); i++) {
      tally.count += 1;
      const { pid } = detector.stats();
      const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8');
      const virtualBytes = Number(/^VmSize:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
      if (virtualBytes > 0 && i % 10 === 0) {
        const limit = virtualBytes + random.integer(8, 60) * 2 ** 20;
        if (spawnSync('prlimit', ['--pid', String(pid), `--as=${limit}`]).error) return undefined;
      }
      const outcome = await tally.answered('a large picture', detector.detect({ image: large }));
      tally.check(
        !outcome || outcome.inspected || ['out of memory', 'detector restarted'].includes(outcome.reason),
        `A large picture ended as ${JSON.stringify(outcome).slice(0, 200)}`,
      );
      const at = performance.now();
      await until('a small picture is inspected', () => detector.stats().state === 'ready');
      while (!(await detector.detect({ image: small })).inspected && performance.now() - at < 10_000) await sleep(10);
      tally.recovered(performance.now() - at);
    }
    tally.check(residentMiB(process.pid) > 0, 'This process is gone');
    return tally.row();
  } finally {
    await detector.stop();
  }
}

export async function tortureFaults(options: TortureOptions): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'torture-faults-'));
  try {
    const rows: Row[] = [];
    for (const kind of Object.keys(FAULTS)) rows.push(await tortureStation(kind, options, root));
    const memory = await tortureMemory(options, root);
    return memory ? [...rows, memory] : rows;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

if (require.main === module) void runTorture(tortureFaults, 2000);
