/**
 * A detector under full load whose process is killed (SIGKILL) again and again in the middle of frames. Every frame has
 * to be answered once, the counters have to add up, and nothing may be left behind.
 *
 * Usage: npm run lab -- detector-kills [--kills 10]
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { DetectOutcome } from '../../src/contract/detector';
import { Detector } from '../../src/detector/detector';
import { COCO_MODEL, PHOTO } from '../../test/helpers/real-data';
import { isAlive, until } from '../../test/helpers/until';

/** Frames that are always on their way: enough that some wait and some are dropped. */
const IN_FLIGHT = 8;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '10' } } });
  const kills = Number(values.kills);
  const detector = new Detector({ model: COCO_MODEL });
  const image = readFileSync(PHOTO);
  const answers = new Map<string, number>();
  const pids = new Set<number>();
  let sent = 0;
  let isOver = false;
  const count = (outcome: DetectOutcome) => {
    const key = outcome.inspected ? 'inspected' : outcome.reason;
    answers.set(key, (answers.get(key) ?? 0) + 1);
  };
  const lane = async (): Promise<void> => {
    while (!isOver) {
      sent += 1;
      count(await detector.detect({ image }));
      // a camera does not send faster because frames are dropped
      await sleep(10);
    }
  };
  await detector.start();
  const lanes = Array.from({ length: IN_FLIGHT }, lane);
  for (let kill = 0; kill < kills; kill++) {
    const before = answers.get('inspected') ?? 0;
    await until('frames are inspected', () => (answers.get('inspected') ?? 0) >= before + 5, 120_000);
    await until('frames are in the process', () => detector.stats().inFlight >= 2, 120_000);
    const pid = detector.stats().pid as number;
    pids.add(pid);
    process.kill(pid, 'SIGKILL');
    await until('the death was noticed', () => detector.stats().pid !== pid);
  }
  const before = answers.get('inspected') ?? 0;
  await until('frames are inspected after the last kill', () => (answers.get('inspected') ?? 0) >= before + 5, 120_000);
  pids.add(detector.stats().pid as number);
  isOver = true;
  await Promise.all(lanes);
  const stats = detector.stats();
  await detector.stop();

  const answered = [...answers.values()].reduce((sum, each) => sum + each, 0);
  const checks = {
    'every frame was answered once': answered === sent,
    'the counters add up': stats.offered === sent && stats.inspected + stats.notInspected === sent,
    'one restart per kill': stats.restarts === kills,
    'frames in the process were answered `detector restarted`': (answers.get('detector restarted') ?? 0) >= 2 * kills,
    'no process is left': [...pids].every((pid) => !isAlive(pid)),
  };
  console.log({ kills, sent, ...Object.fromEntries(answers), restarts: stats.restarts });
  console.log(checks);
  if (!Object.values(checks).every(Boolean)) process.exitCode = 1;
}

void main();
