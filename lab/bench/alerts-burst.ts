/**
 * 500 failing frames in one second through a whole AlertService (outbox on disk, log, a broker that acknowledges), in
 * one run with an idle second before it. Prints messages, their sizes and the delay of the event loop.
 *
 * Usage: npm run lab -- alerts-burst
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BrokerPort } from '../../src/alert/deliver/broker';
import { DEFAULT_RULES } from '../../src/alert/judge/rules';
import { AlertService } from '../../src/alert/service';
import { detection, FRAME, INFERENCE } from '../../test/alert/fixtures';

const DEFECTS = 500;

/** Event loop delay beyond the monitor's own 1 ms of resolution, ms. */
async function delayDuring(work: () => Promise<void>): Promise<{ p50Ms: number; p99Ms: number; maxMs: number }> {
  const monitor = monitorEventLoopDelay({ resolution: 1 });
  monitor.enable();
  await work();
  monitor.disable();
  const ms = (ns: number) => Math.round(ns / 1e4) / 100;
  return { p50Ms: ms(monitor.percentile(50)), p99Ms: ms(monitor.percentile(99)), maxMs: ms(monitor.max) };
}

async function burst(name: string, defectsPerFrame: number, frames: number): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'burst-'));
  const sizes: number[] = [];
  const broker: BrokerPort = {
    connected: true,
    publish: ({ payload }) => {
      sizes.push(Buffer.byteLength(payload));
      return sleep(1);
    },
    tell: async () => true,
    setWill: () => true,
    subscribe: () => undefined,
    onConnection: (listener) => listener(true),
  };
  const service = await AlertService.start(
    {
      station: 'line-1',
      alertTopic: 'inspection/line-1/alert',
      rules: DEFAULT_RULES,
      folder,
      log: { format: 'csv' },
      presence: { version: '0', verdicts: true },
    },
    { broker, alert: () => undefined, picture: () => undefined, warn: (sentence) => console.error(sentence) },
  );
  const payload = Array.from({ length: defectsPerFrame }, (_, i) =>
    detection({ box: { x: i, y: i % 7, width: 20, height: 20 } }),
  );
  const idle = await delayDuring(() => sleep(1000));
  const busy = await delayDuring(async () => {
    const startMs = Date.now();
    for (let frame = 0; frame < frames; frame += 1) {
      void service.handle({ payload, frame: { ...FRAME, seq: frame }, inference: INFERENCE }).settled;
      const aheadMs = ((frame + 1) * 1000) / frames - (Date.now() - startMs);
      if (aheadMs > 1) await sleep(aheadMs);
    }
    await sleep(1500);
  });
  await service.stop();
  rmSync(folder, { recursive: true, force: true });
  return {
    burst: name,
    verdicts: service.station.counters.triggers,
    alertMessages: sizes.length,
    largestBytes: Math.max(0, ...sizes),
    totalBytes: sizes.reduce((sum, size) => sum + size, 0),
    eventLoopDelay: { idle, busy },
  };
}

async function main(): Promise<void> {
  await burst('warm-up', 1, 100);
  console.log(JSON.stringify(await burst('500 frames with one defect in 1 s', 1, DEFECTS), null, 2));
  console.log(JSON.stringify(await burst('10 frames with 50 defects in 1 s', 50, 10), null, 2));
  console.log(JSON.stringify(await burst('one frame with 500 defects', DEFECTS, 1), null, 2));
}

void main();
