/**
 * What memory-mapped loading brings: load time and resident memory with the ONNX file read into memory, with its
 * weights in a file beside it (which the runtime maps), with the same model in the runtime's own format read into
 * memory, and with that mapped. Each load in a process of its own, in turn.
 *
 * Usage: npm run lab -- shadow-memory-map MODEL.onnx [RUNS]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { ModelSession } from '../../src/model/session';
import { decodeOnnx, encodeOnnx } from '../../src/onnx';
import { StringStringEntryProtoSchema, TensorProto_DataLocation } from '../../src/onnx/generated/onnx';

const ORT = { 'session.load_model_format': 'ORT' };
const WAYS: Record<string, (onnx: string, ort: string, external: string) => Promise<ModelSession>> = {
  'ONNX, read': (onnx) => ModelSession.open(readFileSync(onnx)),
  'ONNX, by path': (onnx) => ModelSession.open(onnx),
  'ONNX by path, weights beside it': (_onnx, _ort, external) => ModelSession.open(external),
  'ORT format, read': (_onnx, ort) => ModelSession.open(readFileSync(ort), { config: ORT }),
  'ORT format, memory-mapped': (_onnx, ort) =>
    ModelSession.open(ort, { config: { ...ORT, 'session.use_memory_mapped_ort_model': '1' } }),
};

interface Load {
  loadMs: number;
  rssMb: number;
}

/** Tensors smaller than this stay in the model: shapes and scales must be known while the graph is loaded, bytes. */
const LARGE = 1024;
/** Where a mapped tensor may begin, bytes: a page. */
const PAGE = 4096;

/** Writes a model whose large weights are in a file beside it, as the ONNX standard describes external data. */
function writeExternal(from: string, to: string): void {
  const model = decodeOnnx(readFileSync(from), from);
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph?.initializer ?? []) {
    const length = tensor.rawData.byteLength;
    if (length < LARGE) continue;
    const entry = { location: 'weights.bin', offset: String(offset), length: String(length) };
    tensor.externalData = Object.entries(entry).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    tensor.dataLocation = TensorProto_DataLocation.EXTERNAL;
    const padding = (PAGE - (length % PAGE)) % PAGE;
    pieces.push(tensor.rawData, new Uint8Array(padding));
    offset += length + padding;
    tensor.rawData = new Uint8Array();
  }
  writeFileSync(join(dirname(to), 'weights.bin'), Buffer.concat(pieces));
  writeFileSync(to, encodeOnnx(model));
}

async function loadOnce(way: string, onnx: string, ort: string, external: string): Promise<void> {
  const before = process.memoryUsage.rss();
  const startMs = performance.now();
  const session = await (WAYS[way] as (typeof WAYS)[string])(onnx, ort, external);
  const loadMs = performance.now() - startMs;
  console.log(JSON.stringify({ loadMs, rssMb: (process.memoryUsage.rss() - before) / 1e6 } satisfies Load));
  await session.release();
}

async function main(): Promise<void> {
  const [onnx = '', runs = '9', way, ort = '', external = ''] = process.argv.slice(2);
  if (way !== undefined) return loadOnce(way, onnx, ort, external);
  const folder = mkdtempSync(join(tmpdir(), 'memory-map-'));
  try {
    const converted = join(folder, 'model.ort');
    const config = { 'session.save_model_format': 'ORT' };
    // what is left to the device: optimizations that do not depend on the processor
    const session = await ModelSession.open(onnx, { optimization: 'basic', saveOptimizedTo: converted, config });
    await session.release();
    const outside = join(folder, 'model.onnx');
    writeExternal(onnx, outside);
    const found: Record<string, Load[]> = {};
    for (let run = 0; run < Number(runs); run++) {
      for (const name of Object.keys(WAYS)) {
        const text = execFileSync(process.execPath, [__filename, onnx, '1', name, converted, outside], {
          encoding: 'utf8',
        });
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
