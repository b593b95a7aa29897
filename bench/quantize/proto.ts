import { readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadModel } from '../../src/model/load-model';
import { decodeOnnx, encodeOnnx, GraphEditor } from '../../src/onnx';
import { prepareFloatModel } from '../../src/quantize/prepare';
import { repeatPixels } from '../../src/quantize/optimize/upsample';
import { calibrate, shapesOf } from '../../src/quantize/calibrate';
import { pictureReader } from '../../src/quantize/reader';
import { planModel, rewriteModel } from '../../src/quantize/rewrite';
import { splitHead } from '../../src/quantize/head';
import { findCut, manifestHead } from '../../src/quantize/cut-heads';
import { ModelSession } from '../../src/model/session';
import type { Method } from '../../src/quantize/ranges/methods';
import type { ActivationType } from '../../src/quantize/ranges/range';

const [, , modelPath, imagesDir, out, method = 'mean', type = 'uint8', flags = 'cut,byte'] = process.argv as string[];
async function main() {
  let t = performance.now();
  const lap = (what: string) => { const n = performance.now(); console.error(what, (n - t).toFixed(0), 'ms'); t = n; };
  const loaded = await loadModel(modelPath!);
  const model = decodeOnnx(loaded.bytes, modelPath!);
  const { input, classNames } = loaded.manifest;
  const prepared = await prepareFloatModel(model, loaded.inputName, [1, 3, input.height, input.width]);
  lap('prepare');
  const files = readdirSync(imagesDir!).map((f) => join(imagesDir!, f));
  const reader = pictureReader(files.length, async (i) => readFileSync(files[i]!), loaded.inputName, input);
  const graph = new GraphEditor(prepared);
  const head = splitHead(graph);
  const shapes = await shapesOf(prepared, prepared.graph!.node.flatMap((n)=>n.output).filter((x)=>x), reader, 2);
  if (flags.includes('rep')) { repeatPixels(graph, shapes); }
  const plan = planModel(prepared, { inputName: loaded.inputName });
  const ranges = await calibrate(prepared, plan.valuesToObserve(), reader, { method: method as Method, threads: 2 });
  lap('calibrate');
  const cut = flags.includes('cut') ? findCut('yolov8', { graph, head, shapes, classCount: classNames.length, inputHeight: input.height }) : undefined;
  lap('cut');
  const activationType = type as ActivationType;
  const byteInput = flags.includes('byte');
  const { model: q, parameters } = rewriteModel(prepared, ranges, { inputName: loaded.inputName, inputHeight: input.height, inputWidth: input.width, activationType, weightLimit: 127, byteInput, cut });
  const bytes = encodeOnnx(q);
  mkdirSync(out!, { recursive: true });
  writeFileSync(join(out!, 'model.onnx'), bytes);
  const m = { ...loaded.manifest, version: '1.0.0', precision: 'int8', sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.byteLength,
    input: { ...input, ...(byteInput && { layout: 'nhwc', type: 'uint8' }) },
    head: cut ? manifestHead(cut, (o) => ({ name: o.name, layout: 'nhwc', type: activationType, ...parameters.get(o.value)! })) : { layout: 'yolov8' } };
  writeFileSync(join(out!, 'manifest.json'), JSON.stringify(m, null, 2));
  lap('write'); console.error(bytes.byteLength);
  await (await ModelSession.open(bytes, { saveOptimizedTo: join(out!, 'optimized.onnx') })).release();
}
void main();
