/**
 * The whole way of a candidate with real pixels and real models: the shipped INT8 model on the simulated line, at the
 * settings of the examples, in a station with slots, every model in a process of its own; and three candidates: the
 * same file, the model blind to one class (the biases of its last convolutions edited), and the model that never
 * detects.
 *
 * Usage: npm run lab -- shadow-real-model [MODEL] [PARTS] [SEED]
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nms } from '../../src/detect/nms';
import { Detector } from '../../src/detector/detector';
import { SlotStore } from '../../src/model/slots/store';
import { ShadowController } from '../../src/shadow/trial/controller';
import { HEALTH_DEFAULTS } from '../../src/shadow/trial/health';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { RoutedDetector } from '../../src/detector/routed-detector';
import { simulatePart } from '../../src/simulate/line';
import { writeBlinded } from './blinded-model';

const [MODEL = 'models/pcb-defects', PARTS = '1000', SEED = '7'] = process.argv.slice(2);
/** As in the examples: the detector hands on from 0.25, a part is judged from 0.6. */
const DETECTOR_CONFIDENCE = 0.25;
const CONFIDENCE = 0.6;
const BLIND_TO = 'spur';
/** Shorter than on a line, so that a whole life fits into the parts. */
const CANARY = { canaryShare: 0.2, canaryParts: 20 };
const HEALTH = { ...HEALTH_DEFAULTS, windowMs: 20_000 };
/** A part takes one frame here and none may be left out. */
const RUNNER = { settleMs: 0, waitMs: 60_000 };

interface Life {
  reports: ShadowReport[];
  last: ShadowReport;
  /** Until a rejection; all of them else. */
  parts: number;
}

async function live(candidate: string, root: string): Promise<Life> {
  const station = join(root, 'station');
  rmSync(station, { recursive: true, force: true });
  await new SlotStore(station).init(MODEL);
  const line = new RoutedDetector(new Detector({ model: station, watchdogMs: 60_000 }));
  const reports: ShadowReport[] = [];
  const settings = { sample: 1, confidence: CONFIDENCE, automatic: true, ...CANARY, health: HEALTH, runner: RUNNER };
  const controller = new ShadowController({
    line,
    linePath: station,
    candidate,
    createDetector: (options) => new Detector({ ...options, watchdogMs: 60_000 }),
    allowed: () => true,
    settings,
  });
  controller.on('report', (report) => void reports.push(report));
  await controller.start();
  let parts = 0;
  for (; parts < Number(PARTS) && controller.phase !== 'rejected'; parts++) {
    const { image } = await simulatePart({ look: 'binarised', seed: Number(SEED) }, parts);
    const id = `part ${parts}`;
    const frame = { id };
    const outcome = await line.detect({ image, frame, confidence: DETECTOR_CONFIDENCE });
    if (!outcome.inspected) {
      await controller.part({ verdict: 'NOT_INSPECTED', latencyMs: undefined, frame: undefined });
      continue;
    }
    const { detections, image: size, latencyMs } = outcome;
    const failed = nms(detections).some(({ confidence }) => confidence >= CONFIDENCE);
    const answeredBy = controller.answererOf(id);
    const seen = { image, frame, id, detections, size, confidence: DETECTOR_CONFIDENCE, answeredBy };
    await controller.part({ verdict: failed ? 'FAIL' : 'PASS', latencyMs: latencyMs.total, frame: seen });
  }
  const last = await controller.current();
  await controller.stop();
  await line.stop();
  return { reports, last, parts };
}

function row(name: string, { reports, last, parts }: Life): string {
  const decision = reports.find(({ event }) => event === 'decision');
  const phases = reports.filter(({ event }) => event === 'phase').map(({ phase }) => phase);
  const alarms = reports.filter(({ event }) => event === 'alarm').length;
  const warnings = reports.filter(({ event }) => event === 'warning').length;
  const { disagreement, tensorDifference } = last.statistics ?? {};
  const tensors = tensorDifference?.mean === undefined ? '' : tensorDifference.mean.toExponential(1);
  const cells = [
    name,
    phases.join(' → '),
    decision?.frames ?? '',
    decision?.label ?? '',
    decision?.reason ?? last.reason,
    `${disagreement?.count ?? 0} of ${disagreement?.of ?? 0}`,
    alarms,
    warnings,
    tensors,
    parts,
  ];
  return `| ${cells.join(' | ')} |`;
}

async function main(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'shadow-real-'));
  try {
    const { classNames } = JSON.parse(readFileSync(join(MODEL, 'manifest.json'), 'utf8')) as { classNames: string[] };
    const same = join(root, 'same');
    for (const file of ['model.onnx', 'manifest.json', 'class_names.txt']) cpSync(join(MODEL, file), join(same, file));
    const candidates: Record<string, string> = {
      'the same file': same,
      [`blind to ${BLIND_TO}`]: await writeBlinded(MODEL, join(root, 'blind'), 'blind', [BLIND_TO]),
      'never detects': await writeBlinded(MODEL, join(root, 'never'), 'never', classNames),
    };
    console.log(`${MODEL}, at most ${PARTS} parts of the simulated line, seed ${SEED}, from confidence ${CONFIDENCE}`);
    console.log(
      '| candidate | phases | frames | class | why | disagreements | alarms | warnings | tensor difference | parts |',
    );
    console.log(`|${' --- |'.repeat(10)}`);
    for (const [name, path] of Object.entries(candidates)) console.log(row(name, await live(path, root)));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

void main();
