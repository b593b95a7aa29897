/**
 * The table of the README: the shipped model as float32 and as INT8, on 2 threads and on 1, latency, processor, memory,
 * size, and with labels their accuracy; with a folder of good parts, how many parts of each kind would fail. It is what
 * `edge-inspect bench` and `edge-inspect eval` print.
 *
 * Usage: npm run lab -- shipped-model --images DIR [--labels DIR] [--good DIR] [--runs 60]
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = join(__dirname, '..', '..', '..');
const CLI = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const INT8 = join(ROOT, 'models', 'pcb-defects');
const FLOAT = join(INT8, 'fp32', 'model.onnx');

function edgeInspect(...args: string[]): void {
  console.log(`$ edge-inspect ${args.join(' ').replaceAll(`${ROOT}/`, '')}`);
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  console.log(stdout);
  if (status !== 0) process.exit(status ?? 1);
}

function main(): void {
  const { values } = parseArgs({
    options: {
      images: { type: 'string' },
      labels: { type: 'string' },
      good: { type: 'string' },
      runs: { type: 'string', default: '60' },
    },
  });
  if (values.images === undefined) throw new Error('Expected a folder for --images but received none');
  const pictures = ['--images', values.images, ...(values.labels ? ['--labels', values.labels] : [])];
  edgeInspect('bench', '--model', FLOAT, '--model', INT8, ...pictures, '--threads', '2,1', '--runs', values.runs);
  if (values.labels && values.good) edgeInspect('eval', '--model', INT8, ...pictures, '--good', values.good);
}

main();
