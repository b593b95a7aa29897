/**
 * What memory-mapped loading brings: load time and resident memory with the ONNX file read into memory, with the same
 * model in the runtime's own format read into memory, and with that mapped. Each load in a process of its own, in turn.
 * `npm run bench:shadow-memory-map -- MODEL.onnx [RUNS]`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelSession } from '../src/model/session';

const ORT = { 'session.load_model_format': 'ORT' };
const WAYS: Record<string, (onnx: string, ort: string) => Promise<ModelSession>> = {
  'ONNX, read': (onnx) => ModelSession.open(readFileSync(onnx)),
  'ONNX, by path': (onnx) => ModelSession.open(onnx),
  'ORT format, read': (_onnx, ort) => ModelSession.open(readFileSync(ort), { config: ORT }),
  'ORT format, memory-mapped': (_onnx, ort) =>
    ModelSession.open(ort, { config: { ...ORT, 'session.use_memory_mapped_ort_model': '1' } }),
};

interface Load {
  loadMs: number;
  rssMb: number;
}

async function loadOnce(way: string, onnx: string, ort: string): Promise<void> {
  const before = process.memoryUsage.rss();
  const startMs = performance.now();
  const session = await (WAYS[way] as (typeof WAYS)[string])(onnx, ort);
  const loadMs = performance.now() - startMs;
  console.log(JSON.stringify({ loadMs, rssMb: (process.memoryUsage.rss() - before) / 1e6 } satisfies Load));
  await session.release();
}

async function main(): Promise<void> {
  const [onnx = '', runs = '9', way, ort = ''] = process.argv.slice(2);
  if (way !== undefined) return loadOnce(way, onnx, ort);
  const folder = mkdtempSync(join(tmpdir(), 'memory-map-'));
  try {
    const converted = join(folder, 'model.ort');
    const config = { 'session.save_model_format': 'ORT' };
    // what is left to the device: optimizations that do not depend on the processor
    const session = await ModelSession.open(onnx, { optimization: 'basic', saveOptimizedAs: converted, config });
    await session.release();
    const found: Record<string, Load[]> = {};
    for (let run = 0; run < Number(runs); run++) {
      for (const name of Object.keys(WAYS)) {
        const text = execFileSync(process.execPath, [__filename, onnx, '1', name, converted], { encoding: 'utf8' });
        (found[name] ??= []).push(JSON.parse(text) as Load);
      }
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
    console.log('| way | load ms | RSS added, MB |\n| --- | --- | --- |');
    for (const [name, loads] of Object.entries(found)) {
      const [ms, mb] = [median(loads.map((load) => load.loadMs)), median(loads.map((load) => load.rssMb))];
      console.log(`| ${name} | ${ms.toFixed(0)} | ${mb.toFixed(1)} |`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void main();
