/**
 * The real thing but for the board, in real time: a flow in Node-RED with thermal-guard and a detector process, whose
 * sensor file is heated by a simulated board that gets the inspections really done. Exits with 1 when a bound is
 * missed.
 *
 * Usage: npm run lab -- thermal-closed-loop [minutes]
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import defectAlert from '../../nodes/defect-alert/defect-alert';
import inspectionModel from '../../nodes/inspection-model/inspection-model';
import type { InspectionModelNode } from '../../nodes/inspection-model/inspection-model-node';
import thermalGuard from '../../nodes/thermal-guard/thermal-guard';
import yoloDetect from '../../nodes/yolo-int8-detect/yolo-int8-detect';
import { station } from '../../nodes/shared/station';
import { Random } from '../../src/kit/random';
import { Plant, sustainableRate } from '../../src/simulate/heat/plant';
import { plantParameters } from '../../src/simulate/heat/plant-parameters';
import { sensorReading } from '../../src/simulate/heat/sensor-model';
import { TINY_SIZE, writeTinyModel } from '../../test/helpers/tiny-model';

const MINUTES = Number(process.argv[2] ?? 15);
const AMBIENT_C = 30;
/** Frames per second asked for: nearly all that the simulated board can do. */
const DEMAND = 12;
const { softC, hardC } = { softC: 75, hardC: 82 };

const folder = mkdtempSync(join(tmpdir(), 'closed-loop-'));
const sensor = join(folder, 'temp');
const random = new Random('closed loop');
const parameters = plantParameters('none');
const plant = new Plant(parameters, AMBIENT_C);

function showTemperature(): void {
  writeFileSync(`${sensor}.new`, String(Math.round(sensorReading(plant.dieC, random) * 1000)));
  renameSync(`${sensor}.new`, sensor);
}

const FLOW = [
  { id: 'tab', type: 'tab' },
  { id: 'guard', z: 'tab', type: 'thermal-guard', soft: softC, hard: hardC, sensor, wires: [['detect'], ['states']] },
  {
    id: 'model',
    type: 'inspection-model',
    model: writeTinyModel(join(folder, 'tiny.onnx')),
    threads: 4,
    overload: 'every',
  },
  { id: 'detect', z: 'tab', type: 'yolo-int8-detect', model: 'model', confidence: 0.5, wires: [['alert']] },
  { id: 'alert', z: 'tab', type: 'defect-alert', station: 'loop', minConfidence: 0.5, wires: [[], ['out']] },
  { id: 'states', z: 'tab', type: 'helper' },
  { id: 'out', z: 'tab', type: 'helper' },
];

async function main(): Promise<void> {
  showTemperature();
  await new Promise<void>((resolve) => void helper.startServer(resolve));
  await helper.load([thermalGuard, inspectionModel, yoloDetect, defectAlert], FLOW);
  const { detector } = helper.getNode('model') as unknown as InspectionModelNode;
  await detector?.start();

  const counts = { sent: 0, verdicts: 0, inspected: 0, late: 0, aboveHardS: 0, maxC: 0, steps: 0 };
  helper.getNode('out').on('input', (message) => {
    counts.verdicts += 1;
    if ((message as { payload: { verdict: string } }).payload.verdict !== 'NOT_INSPECTED') counts.inspected += 1;
  });
  helper.getNode('states').on('input', (message) => {
    const { event, tempC, reason } = (message as unknown as { payload: Record<string, unknown> }).payload;
    if (event !== 'step') return;
    counts.steps += 1;
    console.log(`${(performance.now() / 60_000).toFixed(1)} min  ${String(tempC)} °C  ${String(reason) || 'all runs'}`);
  });

  const guard = helper.getNode('guard');
  const picture = Buffer.alloc(TINY_SIZE * TINY_SIZE * 3, 255);
  const frame = { source: 'camera', format: 'rgb24', width: TINY_SIZE, height: TINY_SIZE };
  const pump = setInterval(() => {
    counts.sent += 1;
    guard.receive({ payload: picture, frame: { ...frame } });
  }, 1000 / DEMAND);

  const startedMs = performance.now();
  const lastThirdMs = startedMs + MINUTES * 40_000;
  let seenMs = startedMs;
  let seen = 0;
  let lateFromMs = 0;
  while (seenMs < startedMs + MINUTES * 60_000) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const nowMs = performance.now();
    const seconds = (nowMs - seenMs) / 1000;
    const done = counts.inspected - seen;
    const threads = (detector?.stats().threads ?? 4) < 4 ? 2 : 4;
    const shadowShare = station.scheduler.budget.shadow ? 0.2 : 0;
    plant.step({ ratePerSecond: done / seconds, threads, shadowShare }, AMBIENT_C, seconds);
    showTemperature();
    counts.maxC = Math.max(counts.maxC, plant.dieC);
    if (plant.dieC > hardC) counts.aboveHardS += seconds;
    if (nowMs >= lastThirdMs) {
      lateFromMs ||= seenMs;
      counts.late += done;
    }
    seenMs = nowMs;
    seen = counts.inspected;
  }
  clearInterval(pump);
  for (let i = 0; i < 200 && counts.verdicts < counts.sent; i++)
    await new Promise((resolve) => setTimeout(resolve, 50));

  const rate = counts.late / ((seenMs - lateFromMs) / 1000);
  const sustainable = Math.min(DEMAND, sustainableRate(parameters, AMBIENT_C, softC));
  const checks: [boolean, string][] = [
    [
      counts.aboveHardS === 0,
      `${counts.aboveHardS.toFixed(0)} s above ${hardC} °C, highest ${counts.maxC.toFixed(1)} °C`,
    ],
    [
      rate >= 0.9 * sustainable,
      `${rate.toFixed(2)} inspections/s in the last third, ${((100 * rate) / sustainable).toFixed(0)} % of the sustainable ${sustainable.toFixed(2)}`,
    ],
    [
      counts.verdicts === counts.sent,
      `${counts.sent} frames sent, ${counts.verdicts} verdicts, ${counts.inspected} inspected`,
    ],
  ];
  console.log(`${counts.steps} steps in ${MINUTES} minutes`);
  for (const [holds, what] of checks) console.log(`${holds ? 'holds ' : 'MISSED'}  ${what}`);
  process.exitCode = checks.every(([holds]) => holds) ? 0 : 1;
  await helper.unload();
  await new Promise<void>((resolve) => void helper.stopServer(resolve));
  rmSync(folder, { recursive: true, force: true });
}

void main();
