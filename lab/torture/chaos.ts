/**
 * Everything at once: a detector under load and the station behind it, while processes are killed and frozen, settings change,
 * pictures are damaged, the broker leaves, the disk fills, the clock is set, and the station is closed and opened again. At the
 * end the books have to balance: every frame offered has one verdict, every alert has arrived, in order.
 *
 * Usage: npm run lab -- chaos [MINUTES, default 60] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Detector } from '../../src/detector/detector';
import { encodeJpeg } from '../../src/image/encode';
import { Random } from '../../src/kit/random';
import { writeTinyModel } from '../../test/helpers/tiny-model';
import { mutateBytes } from './mutate';
import { runTorture, Tally, type Row } from './harness';
import { StationRig, type BrokerMood } from './rig';
import { checkStation } from './torture-faults';

const LANES = 4;
const HOUR_MS = 3_600_000;
/** Time between two faults at most, ms. */
const FAULT_MS = 2500;
/** The goal, MiB. */
const GROWTH_MIB = 20;

interface Scene {
  detector: Detector;
  rig: StationRig;
  random: Random;
  models: string[];
  tally: Tally;
  /** Frames inspected so far. */
  inspected: () => number;
}

/** Ends or stops a process, and measures how long it takes until a frame is inspected again. */
async function hit({ detector, tally, inspected }: Scene, signal: NodeJS.Signals): Promise<void> {
  const { pid, state } = detector.stats();
  if (pid === undefined || state !== 'ready') return;
  const at = performance.now();
  process.kill(pid, signal);
  while (detector.stats().pid === pid || detector.stats().state !== 'ready') {
    if (performance.now() - at > 30_000) return tally.fault(`Nothing came back after ${signal}`);
    await sleep(10);
  }
  const before = inspected();
  while (inspected() === before && performance.now() - at < 30_000) await sleep(10);
  tally.recovered(performance.now() - at);
}

const EVENTS: Record<string, (scene: Scene) => Promise<void> | void> = {
  kill: (scene) => hit(scene, 'SIGKILL'),
  freeze: (scene) => hit(scene, 'SIGSTOP'),
  threads: ({ detector, random }) => settle(detector.reconfigure({ threads: random.integer(1, 2) })),
  model: ({ detector, random, models }) => settle(detector.reconfigure({ model: random.pick(models) })),
  broker: ({ rig, random }) => void (rig.broker.mood = random.pick<BrokerMood>(['gone', 'silent', 'refusing', 'well'])),
  disk: ({ rig, random }) => void (rig.disk.roomBytes = random.pick([0, random.integer(1, 50_000), Infinity])),
  clock: ({ rig, random }) => void (rig.shiftMs = random.pick([HOUR_MS, -HOUR_MS, -720 * HOUR_MS, 0])),
  async restart({ rig }) {
    // a station is closed in order, as a deploy does; one that dies is the alerts-soak's
    rig.disk.roomBytes = Infinity;
    const closing = rig.service;
    await closing.stop();
    await rig.start();
  },
};

/** A change may be refused while everything else happens: what matters is that frames are answered. */
async function settle(change: Promise<unknown>): Promise<void> {
  await change.catch(() => undefined);
}

/** @param minutes how long; @param seed of the order in which things happen */
export async function chaos(minutes: number, seed: number): Promise<Row[]> {
  const root = mkdtempSync(join(tmpdir(), 'chaos-'));
  const models = [writeTinyModel(join(root, 'a.onnx')), writeTinyModel(join(root, 'b.onnx'), { blind: [1] })];
  const detector = new Detector({ model: models[0]!, threads: 1, lanes: 1 });
  const rig = new StationRig(join(root, 'station'));
  const tally = new Tally(`chaos, ${minutes} min`, () => [detector.stats().pid]);
  const random = new Random('chaos', seed);
  let [offered, verdicts, inspected, isOver] = [0, 0, 0, false];
  /** While the station is being opened again nobody hands it anything. */
  let isOpen: Promise<void> = Promise.resolve();
  const red = new Uint8Array(64 * 64 * 3).map((_, at) => (at % 3 === 0 ? 255 : 0));
  const image = await encodeJpeg({ pixels: red, width: 64, height: 64, channels: 3 }, 95);

  const lane = async (source: string): Promise<void> => {
    for (let seq = 0; !isOver; seq++) {
      const isBad = random.chance(0.1);
      offered += 1;
      const frame = { id: `${source}-${seq}`, seq, source, capturedAt: new Date().toISOString() };
      const request = { image: isBad ? mutateBytes(image, random) : image, frame };
      const outcome = await tally.answered(`${source} ${seq}`, detector.detect(request));
      if (outcome === undefined) continue;
      if (outcome.inspected) inspected += 1;
      await isOpen;
      const { reason, detail } = outcome.inspected ? { reason: '', detail: '' } : outcome;
      const input = outcome.inspected ? { payload: outcome.detections } : { notInspected: { reason, detail } };
      const { verdict, settled } = rig.service.handle({ ...input, frame, image });
      settled.catch(() => undefined);
      tally.check((verdict.verdict === 'NOT_INSPECTED') === !outcome.inspected, `${frame.id} is ${verdict.verdict}`);
      verdicts += 1;
      await sleep(random.integer(20, 60));
    }
  };

  try {
    await detector.start();
    await rig.start();
    const scene: Scene = { detector, rig, random, models, tally, inspected: () => inspected };
    const lanes = Array.from({ length: LANES }, (_, index) => lane(`cam-${index}`));
    const end = performance.now() + minutes * 60_000;
    // caches fill in the first tenth
    const warmAt = performance.now() + minutes * 6000;
    let isWarm = false;
    while (performance.now() < end) {
      await sleep(random.integer(100, FAULT_MS));
      if (!isWarm && performance.now() > warmAt) {
        isWarm = true;
        tally.warm();
      }
      tally.count += 1;
      const name = random.pick(Object.keys(EVENTS));
      const happening = Promise.resolve(EVENTS[name]!(scene));
      if (name === 'restart') isOpen = happening;
      await happening;
    }
    isOver = true;
    await Promise.all(lanes);
    const stats = detector.stats();
    tally.check(stats.offered === offered, `The detector counted ${stats.offered} of ${offered} frames`);
    tally.check(stats.offered === stats.inspected + stats.notInspected, 'The counters of the detector do not add up');
    tally.lost += offered - verdicts;
    await checkStation(rig, tally, verdicts, image.length);
    const row = tally.row();
    const tooMuch = row.memoryMiB > GROWTH_MIB ? [`Grew by ${row.memoryMiB} MiB`] : [];
    return [{ ...row, test: `${row.test}, ${offered} frames`, found: [...row.found, ...tooMuch] }];
  } finally {
    isOver = true;
    await detector.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

if (require.main === module) void runTorture(({ count, seed }) => chaos(count, seed), 60);
