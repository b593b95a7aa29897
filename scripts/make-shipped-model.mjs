// `npm run models:pcb-defects`: makes models/pcb-defects from the float32 model beside it, with our own quantizer and pictures that
// the simulator draws (no data set of others). The seed is not one of the training sets'.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Percent of the good boards that each of the six classes may fail: the first with which every defective board fails. */
const GOOD_PARTS_FAILED_PER_CLASS = ['0.25', '0.5', '0.75', '1', '1.5', '2'];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'dist', 'src', 'cli', 'main.js');
const target = join(root, 'models', 'pcb-defects');
const work = mkdtempSync(join(tmpdir(), 'pcb-defects-'));

function edgeInspect(...args) {
  const { status } = spawnSync(process.execPath, [cli, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Sets the thresholds of the model folder; what then fails of the boards that they are chosen on. */
function partsAt(folder, percent) {
  const args = [
    '--model',
    folder,
    '--set-thresholds',
    percent,
    '--good',
    join(work, 'choose-good', 'images'),
    '--json',
  ];
  for (const kind of ['images', 'labels']) args.push(`--${kind}`, join(work, 'choose', kind));
  const { status, stdout } = spawnSync(process.execPath, [cli, 'eval', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout).parts.atOwnThresholds;
}

try {
  const boards = join(work, 'boards');
  const out = join(work, 'model');
  edgeInspect(
    'simulate',
    '--count',
    '240',
    '--out',
    boards,
    '--look',
    'mixed',
    '--seed',
    '900000',
    '--defect-rate',
    '0.9',
  );
  edgeInspect(
    'quantize',
    ...['--model', join(target, 'fp32', 'model.onnx')],
    ...['--calibration', join(boards, 'images')],
    ...['--labels', join(boards, 'labels')],
    ...['--samples', '120', '--hold-out', '0.5'],
    ...['--name', 'pcb-defects', '--model-version', process.argv[2] ?? '1.0.0'],
    ...['--out', out],
  );
  const files = [
    'model.onnx',
    'manifest.json',
    'class_names.txt',
    'self-test.json',
    'self-test.png',
    'certificate.html',
  ];
  // The thresholds per class: on boards of a third seed, so that neither training, calibration nor any reported figure saw them.
  const draw = (folder, count, seed, ...more) =>
    edgeInspect('simulate', '--count', count, '--out', join(work, folder), '--look', 'mixed', '--seed', seed, ...more);
  draw('choose', '100', '910000', '--defect-rate', '1');
  draw('choose-good', '400', '910001', '--defect-rate', '0');
  for (const percent of GOOD_PARTS_FAILED_PER_CLASS) {
    const { defectiveFailed, defective, goodFailed, good, thresholds } = partsAt(out, percent);
    console.log(
      `${percent} %: ${defectiveFailed} of ${defective} defective and ${goodFailed} of ${good} good boards fail`,
    );
    console.log(JSON.stringify(thresholds.perClass));
    if (defectiveFailed === defective) break;
  }
  for (const file of files) cpSync(join(out, file), join(target, file));
} finally {
  rmSync(work, { recursive: true, force: true });
}
