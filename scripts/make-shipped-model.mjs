// `npm run models:pcb-defects`: makes models/pcb-defects from the float32 model beside it, with our own quantizer and pictures that
// the simulator draws (no data set of others). The seed is not one of the training sets'.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cli = join(root, 'dist', 'src', 'cli', 'main.js');
const target = join(root, 'models', 'pcb-defects');
const work = mkdtempSync(join(tmpdir(), 'pcb-defects-'));

function edgeInspect(...args) {
  const { status } = spawnSync(process.execPath, [cli, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
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
  for (const file of files) cpSync(join(out, file), join(target, file));
} finally {
  rmSync(work, { recursive: true, force: true });
}
