/**
 * Edge-inspect quantize beside onnxruntime.quantization in Python: same model, same pictures, minmax. Wall time, peak
 * memory, file size, then speed and mAP of the results in one run, with rows for int8 activations and dynamic
 * quantization. Needs: pip install onnx onnxruntime pillow numpy.
 *
 * Usage: npm run lab -- compare MODEL.onnx CALIBRATION_DIR IMAGES LABELS [RUNS]
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bench } from '../../../src/bench/run';
import { textOf } from '../../../src/bench/table';
import { GraphEditor, readOnnxFile } from '../../../src/onnx';
import { splitHead } from '../../../src/quantize/graph/head';

const ROOT = join(__dirname, '..', '..', '..', '..');
const CLI = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const PYTHON_PROGRAM = join(ROOT, 'lab', 'bench', 'quantize', 'python_baseline.py');

interface Cost {
  seconds: number;
  peakMB: number;
}

/** Runs a program and watches its memory in /proc, from which the high-water mark is read until it is gone. */
function measured(command: string, args: string[]): Promise<Cost> {
  return new Promise((done, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let peakKB = 0;
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'latin1');
        peakKB = Math.max(peakKB, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      } catch {
        // gone between two looks
      }
    }, 50);
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) done({ seconds: (performance.now() - start) / 1000, peakMB: peakKB / 1024 });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr.slice(-800)}`));
    });
  });
}

async function main(): Promise<void> {
  const [model, calibration, images, labels, runs = '30'] = process.argv.slice(2);
  if (!model || !calibration || !images || !labels) throw new Error('Expected MODEL CALIBRATION_DIR IMAGES LABELS');
  const folder = mkdtempSync(join(tmpdir(), 'compare-'));
  try {
    const excluded = join(folder, 'excluded.json');
    const { tail } = splitHead(new GraphEditor(await readOnnxFile(model)));
    writeFileSync(excluded, JSON.stringify([...tail].map(({ name }) => name)));
    // ours holds pictures out for the certificate; theirs gets exactly the ones that ours calibrates with
    const ours = join(folder, 'edge-inspect');
    const quantize = ['quantize', '--model', model, '--calibration', calibration, '--allow-uncertified', '--json'];
    const relaxed = ['--max-recall-loss', '100', '--method', 'minmax'];
    const oursCost = await measured(process.execPath, [CLI, ...quantize, ...relaxed, '--out', ours]);
    const { recipe } = JSON.parse(readFileSync(join(ours, 'manifest.json'), 'utf8')) as {
      recipe: { calibrationSet: { images: number } };
    };
    const theirs = join(folder, 'same-number-of-images');
    mkdirSync(theirs);
    for (const name of readdirSync(calibration).sort().slice(0, recipe.calibrationSet.images)) {
      symlinkSync(resolve(calibration, name), join(theirs, name));
    }
    const python = (kind: string): string => join(folder, `python-${kind}.onnx`);
    const costs: Record<string, Cost> = { 'edge-inspect': oursCost };
    for (const kind of ['static', 'static-s8', 'dynamic']) {
      costs[`python-${kind}`] = await measured('python3', [
        PYTHON_PROGRAM,
        kind,
        model,
        theirs,
        python(kind),
        excluded,
      ]);
    }
    const report = await bench({
      models: [model, ours, python('static'), python('static-s8'), python('dynamic')],
      images,
      labels,
      threads: [2],
      runs: Number(runs),
    });
    process.stdout.write(`calibration pictures: ${recipe.calibrationSet.images}, method minmax\n`);
    for (const [name, { seconds, peakMB }] of Object.entries(costs)) {
      process.stdout.write(`${name.padEnd(20)} ${seconds.toFixed(1)} s  ${peakMB.toFixed(0)} MB peak\n`);
    }
    process.stdout.write(`${textOf(report)}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
