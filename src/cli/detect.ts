import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Detection } from '../contract/detection';
import { NMS_DEFAULTS, nms } from '../detect/nms';
import { annotateImage } from '../image/annotate';
import { Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import { expected, messageOf } from '../contract/errors';
import { DEFAULT_OVERLAP, parseTiling, type Tiling } from '../contract/tiling';
import { resolveModelPath } from '../model/resolve';
import { integerBetween, nonEmptyString, numberBetween } from '../contract/validate';
import { OVERLAP_OPTION, TILES_OPTION } from './tile-options';
import { action, type CommandResult, type RegisterCommand } from './command';

interface DetectOptions {
  model?: string;
  image?: string[];
  confidence?: string;
  iou: string;
  threads: string;
  tiles: string;
  tileOverlap: string;
  draw?: string;
  json?: boolean;
}

/** Wider pictures are drawn at their own size up to here: what a person looks at closely, pixels. */
const MAX_DRAWN_WIDTH = 16_384;
const DRAWN_QUALITY = 90;

async function readImage(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw expected(`an image file that can be read (${messageOf(error)})`, '--image', path, 'SOURCE_UNAVAILABLE');
  }
}

/** One picture: what is in it, and how long it took, ms. */
async function detectIn(
  pipeline: Pipeline,
  bytes: Buffer,
  { confidence, iou, tiling }: { confidence: number | undefined; iou: number; tiling: Tiling | undefined },
) {
  const start = performance.now();
  const prepared = await pipeline.prepareTiles(bytes, undefined, tiling);
  const decoded = performance.now();
  const inferredAll = await pipeline.inferTiles(prepared, { confidence, iou });
  const { detections: candidates, image } = inferredAll;
  const inferred = performance.now();
  const detections = nms(candidates, { iou });
  const end = performance.now();
  const latencyMs = {
    decode: decoded - start,
    infer: inferred - decoded,
    nms: end - inferred,
    total: end - start,
  };
  return { image, detections, latencyMs, ...('tiles' in inferredAll && { tiles: inferredAll.tiles }) };
}

/**
 * The file that each picture is drawn into: `--draw` itself for one picture that does not go into a folder, else a file of its
 * own in that folder.
 *
 * @throws InspectionError BAD_ARGUMENT, IO_FAILED
 */
async function drawnPaths(images: readonly string[], draw: string): Promise<string[]> {
  const isFolder = await stat(draw).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const wantsJpeg = /^\.jpe?g$/i.test(extname(draw));
  if (images.length === 1 && !isFolder && !draw.endsWith('/')) {
    if (!wantsJpeg) throw expected('a file that ends in .jpg, or a folder', '--draw', draw);
    return [draw];
  }
  if (!isFolder && wantsJpeg) throw expected('a folder, because there are several pictures', '--draw', draw);
  await mkdir(draw, { recursive: true }).catch((error: unknown) => {
    throw expected(`a folder that can be made (${messageOf(error)})`, '--draw', draw, 'IO_FAILED');
  });
  // a.png and a.jpg of two folders are two pictures
  const taken = new Set<string>();
  return images.map((path) => {
    const stem = basename(path, extname(path));
    let name = `${stem}.jpg`;
    for (let n = 2; taken.has(name); n++) name = `${stem}-${n}.jpg`;
    taken.add(name);
    return join(draw, name);
  });
}

async function drawInto(path: string, bytes: Buffer, detections: readonly Detection[]): Promise<void> {
  const { jpeg } = await annotateImage(bytes, {
    boxes: detections.map(({ box, label, confidence, classId }) => ({
      box,
      label: `${label} ${Math.round(confidence * 100)}%`,
      colour: classId,
    })),
    maxWidth: MAX_DRAWN_WIDTH,
    quality: DRAWN_QUALITY,
  });
  await writeFile(path, jpeg).catch((error: unknown) => {
    throw expected(`a file that can be written (${messageOf(error)})`, '--draw', path, 'IO_FAILED');
  });
}

async function detect(options: DetectOptions): Promise<CommandResult> {
  const model = resolveModelPath(nonEmptyString(options.model, '--model'), [process.cwd()]);
  const paths = (options.image ?? [undefined]).map((path) => nonEmptyString(path, '--image'));
  const confidence =
    options.confidence === undefined ? undefined : numberBetween(options.confidence, '--confidence', 0, 1);
  const iou = numberBetween(options.iou, '--iou', 0, 1);
  const threads = actualThreads(integerBetween(options.threads, '--threads', 0, 64));
  const tiling = parseTiling(options.tiles, options.tileOverlap);
  const draw = options.draw === undefined ? undefined : nonEmptyString(options.draw, '--draw');
  const first = await readImage(paths[0] as string);
  const drawn = draw === undefined ? [] : await drawnPaths(paths, draw);
  const pipeline = await Pipeline.open(model, { threads });
  try {
    const { name, version, sha256, precision, kernels } = pipeline.info;
    const about = { model: { name, version, sha256, precision, kernels }, threads };
    const results = [];
    const lines = [];
    for (const [index, path] of paths.entries()) {
      const bytes = index === 0 ? first : await readImage(path);
      const found = await detectIn(pipeline, bytes, { confidence, iou, tiling });
      const { detections, latencyMs } = found;
      const file = drawn[index];
      if (file !== undefined) await drawInto(file, bytes, detections);
      results.push({ ...(paths.length > 1 && { file: path }), ...found, ...(file !== undefined && { drawn: file }) });
      if (paths.length > 1) lines.push(`${path}:`);
      lines.push(...detections.map(describe), `${detections.length} found in ${latencyMs.total.toFixed(0)} ms`);
      if (file !== undefined) lines.push(`drawn in ${file}`);
    }
    // one picture has the document it always had
    const json = paths.length === 1 ? { ...results[0], ...about } : { images: results, ...about };
    return { json, text: lines.join('\n') };
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
    .description('Find defects in pictures, and draw them.')
    .option('--model <path>', 'an .onnx file or a model folder')
    .option('--image <file...>', 'JPEG, PNG, WebP, TIFF or BMP; several one after the other')
    .option('--confidence <share>', "least confidence, 0 to 1 (default: the model's own, else 0.25)")
    .option('--iou <share>', 'boxes of a class that overlap by more are one, 0 to 1', String(NMS_DEFAULTS.iou))
    .option('--tiles <layout>', TILES_OPTION, 'off')
    .option('--tile-overlap <share>', OVERLAP_OPTION, String(DEFAULT_OVERLAP))
    .option('--threads <n>', 'of the inference; 0: one per core, at most 4', '0')
    .option('--draw <file>', 'write the picture with its boxes as JPEG; of several pictures, into this folder')
    .option('--json', 'print one JSON document')
    .action(action(detect));
};
