import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import type { Detection } from '../contract/detection';
import { NMS_DEFAULTS, nms } from '../detect/nms';
import { Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import { expected, messageOf } from '../contract/errors';
import { resolveModelPath } from '../model/resolve';
import { integerBetween, nonEmptyString, numberBetween } from '../contract/validate';
import { action, type CommandResult, type RegisterCommand } from './command';

interface DetectOptions {
  model?: string;
  image?: string;
  confidence?: string;
  iou: string;
  threads: string;
  json?: boolean;
}

async function readImage(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw expected(`an image file that can be read (${messageOf(error)})`, '--image', path, 'SOURCE_UNAVAILABLE');
  }
}

async function detect(options: DetectOptions): Promise<CommandResult> {
  const model = resolveModelPath(nonEmptyString(options.model, '--model'), [process.cwd()]);
  const path = nonEmptyString(options.image, '--image');
  const confidence =
    options.confidence === undefined ? undefined : numberBetween(options.confidence, '--confidence', 0, 1);
  const iou = numberBetween(options.iou, '--iou', 0, 1);
  const threads = actualThreads(integerBetween(options.threads, '--threads', 0, 64));
  const bytes = await readImage(path);
  const pipeline = await Pipeline.open(model, { threads });
  try {
    const start = performance.now();
    const prepared = await pipeline.prepare(bytes);
    const decoded = performance.now();
    const { detections: candidates, image } = await pipeline.infer(prepared, { confidence });
    const inferred = performance.now();
    const detections = nms(candidates, { iou });
    const end = performance.now();
    const latencyMs = {
      decode: decoded - start,
      infer: inferred - decoded,
      nms: end - inferred,
      total: end - start,
    };
    const { name, version, sha256, precision, kernels } = pipeline.info;
    return {
      json: { image, detections, latencyMs, model: { name, version, sha256, precision, kernels }, threads },
      text: [...detections.map(describe), `${detections.length} found in ${latencyMs.total.toFixed(0)} ms`].join('\n'),
    };
  } finally {
    await pipeline.close();
  }
}

function describe({ label, confidence, box }: Detection): string {
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${label} ${confidence.toFixed(2)} at ${x},${y} size ${width}x${height}`;
}

export const registerDetect: RegisterCommand = (program) => {
  program
    .command('detect')
    .description('Find defects in one image.')
    .option('--model <path>', 'an .onnx file or a model folder')
    .option('--image <file>', 'JPEG, PNG, WebP, TIFF or BMP')
    .option('--confidence <share>', "least confidence, 0 to 1 (default: the model's own, else 0.25)")
    .option('--iou <share>', 'boxes of a class that overlap by more are one, 0 to 1', String(NMS_DEFAULTS.iou))
    .option('--threads <n>', 'of the inference; 0: one per core, at most 4', '0')
    .option('--json', 'print one JSON document')
    .action(action(detect));
};
