/**
 * How long protobuf-es takes to parse and to write an ONNX model.
 *
 * Usage: npm run lab -- onnx-io MODEL.onnx
 */
import { readFileSync } from 'node:fs';
import { decodeOnnx, encodeOnnx } from '../../../src/onnx';

const ROUNDS = 20;

/** Median time of `work`, ms, after one call that is not counted. */
function medianMs(work: () => unknown): number {
  work();
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[ROUNDS / 2]!;
}

const path = process.argv[2];
if (path === undefined) throw new Error('Expected the path of an ONNX file');
const bytes = readFileSync(path);
const model = decodeOnnx(bytes, path);
const result = {
  sizeBytes: bytes.byteLength,
  readMs: medianMs(() => readFileSync(path)),
  parseMs: medianMs(() => decodeOnnx(bytes, path)),
  writeMs: medianMs(() => encodeOnnx(model)),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
