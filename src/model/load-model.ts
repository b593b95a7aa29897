import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expected, InspectionError, messageOf } from '../contract/errors';
import { readRegularFile } from '../kit/read-file';
import {
  decodeOnnx,
  encodeOnnx,
  hasHalves,
  ioOf,
  lowerBatch,
  metadataOf,
  MODEL_MAX_BYTES,
  widenHalves,
  type ModelProto,
  type ModelValue,
} from '../onnx';
import { parseMetadataNames, readClassNamesFile } from './class-names';
import { decoderOf } from './export-hints';
import { takeYoloxPicture, YOLOX_INPUT } from './yolox-input';
import { cellCount } from './grid';
import { readManifest } from './manifest';
import { currentModelPath } from './slots/current';
import type { InputLayout, InputType, ModelManifest, Precision } from '../contract/manifest';

/** Input size when neither the graph nor the metadata says one: what Ultralytics exports by default, pixels. */
const DEFAULT_INPUT_SIZE = 640;

/**
 * A model that was read and verified, not yet running. For a bare .onnx the head layout and, where no names were found,
 * the class names are only known after its first run: see Pipeline.
 */
export interface LoadedModel {
  /** The model.onnx itself. */
  file: string;
  /** The bytes that were hashed: load these, not the file again, so that what was verified is what runs. */
  bytes: Uint8Array;
  manifest: Omit<ModelManifest, 'head'> & { head?: ModelManifest['head'] };
  inputName: string;
}

/**
 * Reads a model folder (model.onnx + manifest.json), the current slot of a station folder, or a bare .onnx as Ultralytics
 * exports it.
 *
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID (no ONNX, hash mismatch, bad manifest), MODEL_UNSUPPORTED (an
 *   input that is no picture)
 */
export async function loadModel(given: string): Promise<LoadedModel> {
  if (typeof given !== 'string' || given.trim() === '')
    throw expected('the path of an .onnx file or a model folder', 'model', given);
  const path = await currentModelPath(given);
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => {
      throw expected('the path of an .onnx file or a model folder that exists', 'model', path, 'MODEL_NOT_FOUND');
    },
  );
  const file = isFolder ? join(path, 'model.onnx') : path;
  const folder = isFolder ? path : dirname(path);
  const manifestFile = join(folder, 'manifest.json');
  // a model.onnx beside its manifest.json is the same model however it is pointed at
  const hasManifest =
    isFolder ||
    (basename(file) === 'model.onnx' &&
      (await stat(manifestFile).then(
        () => true,
        () => false,
      )));

  // a path that the user gave may be a link of his own; what a model folder holds must lie in it
  const limits = { maxBytes: MODEL_MAX_BYTES, mayBeLink: !hasManifest };
  const bytes = await readRegularFile(file, 'model', limits).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof InspectionError) throw error;
    if (error.code === 'ENOENT') {
      throw expected('a model.onnx in the model folder', 'model', path, 'MODEL_NOT_FOUND');
    }
    throw new InspectionError('IO_FAILED', `The model ${file} could not be read: ${messageOf(error)}`);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const onnx = decodeOnnx(bytes, file);
  const input = pictureInput(onnx, file, hasManifest);

  if (hasManifest) {
    const manifest = await readManifest(manifestFile);
    if (manifest.sha256 !== sha256) {
      throw new InspectionError(
        'MODEL_INVALID',
        `Expected the sha256 ${manifest.sha256} of the manifest for ${file} but the file has ${sha256}: it was changed or belongs to another manifest`,
      );
    }
    const names = await readClassNamesFile(join(folder, 'class_names.txt'));
    if (names && names.join('\n') !== manifest.classNames.join('\n')) {
      throw expected(
        `the class names of the manifest (${manifest.classNames.join(', ')})`,
        'class_names.txt',
        names.join(', '),
        'MODEL_INVALID',
      );
    }
    if (manifest.input.layout !== input.layout || manifest.input.type !== input.type) {
      throw expected(
        `a ${manifest.input.type} ${manifest.input.layout} input as the manifest says`,
        file,
        `${input.type} ${input.layout}`,
        'MODEL_INVALID',
      );
    }
    return { file, bytes, manifest, inputName: input.name };
  }

  const metadata = metadataOf(onnx);
  assertDetects(metadata.get('task'), file);
  const size = inputSize(input.height, input.width, metadata.get('imgsz'));
  const precision = precisionOf(onnx);
  const adapted = adapt(onnx, input, size);
  const hints = { ...decoderOf(metadata), ...adapted?.recipe };
  const classNames =
    parseMetadataNames(metadata.get('names')) ??
    (await readClassNamesFile(join(folder, 'class_names.txt'))) ??
    (await readClassNamesFile(join(folder, 'classes.txt'))) ??
    [];
  return {
    file,
    bytes: adapted ? encodeOnnx(onnx) : bytes,
    inputName: input.name,
    manifest: {
      manifestVersion: 1,
      name: basename(file, '.onnx'),
      version: metadata.get('date') ?? 'unknown',
      sha256,
      sizeBytes: bytes.byteLength,
      precision,
      input: { ...size, layout: input.layout, type: input.type },
      classNames,
      ...(Object.keys(hints).length > 0 && { recipe: hints }),
    },
  };
}

interface PictureInput {
  name: string;
  layout: InputLayout;
  type: InputType;
  /** Pictures per run; undefined: dynamic. */
  batch: number | undefined;
  /** undefined: dynamic */
  width: number | undefined;
  height: number | undefined;
}

/** Ultralytics writes the task into its exports: other tasks have outputs that look like those of a detector. */
function assertDetects(task: string | undefined, file: string): void {
  if (task === undefined || task === 'detect') return;
  throw new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected a model of the task detect for ${file} but its metadata says ${JSON.stringify(task)}: train and export a detection model`,
  );
}

/** Finds the one input that takes a picture. */
function pictureInput(onnx: ModelProto, file: string, hasManifest: boolean): PictureInput {
  const { inputs } = ioOf(onnx);
  const [input] = inputs;
  const shape = input?.shape;
  const type = input?.type === 'float16' && !hasManifest ? 'float32' : input?.type;
  if (inputs.length === 1 && input && shape?.length === 4 && (type === 'float32' || type === 'uint8')) {
    const dims = shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : undefined));
    const [batch, second, third, fourth] = dims;
    const layout: InputLayout | undefined = second === 3 ? 'nchw' : fourth === 3 ? 'nhwc' : undefined;
    if (layout && (batch === undefined || batch === 1 || !hasManifest)) {
      const [height, width] = layout === 'nchw' ? [third, fourth] : [second, third];
      return { name: input.name, layout, type, batch, width, height };
    }
  }
  throw new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected one picture input, float32 [1, 3, height, width] or uint8 [1, height, width, 3], for ${file} but found ${inputs.map(describeInput).join(', ') || 'none'}`,
  );
}

/**
 * Brings a bare export into the form that everything else here knows: one picture per run, 32-bit floats, RGB from 0 to 1.
 *
 * @param onnx changed in place
 * @returns undefined when nothing was to be done
 */
function adapt(
  onnx: ModelProto,
  { name, batch = 1, type }: PictureInput,
  size: { width: number; height: number },
): Pick<ModelManifest, 'recipe'> | undefined {
  const isHalf = hasHalves(onnx);
  if (isHalf) widenHalves(onnx);
  if (batch > 1) lowerBatch(onnx, name, batch);
  const isYolox = type === 'float32' && takeYoloxPicture(onnx, name, cellCount(size));
  if (!isHalf && batch === 1 && !isYolox) return undefined;
  return isYolox ? { recipe: { input: YOLOX_INPUT } } : {};
}

function describeInput(input: ModelValue): string {
  return `${input.name} ${input.type} [${input.shape?.join(', ') ?? '?'}]`;
}

/** The graph's own fixed size, else `imgsz` of the metadata (`[height, width]` or one number), else 640. */
function inputSize(
  height: number | undefined,
  width: number | undefined,
  imgsz: string | undefined,
): { width: number; height: number } {
  const numbers = imgsz?.match(/\d+/g)?.map(Number) ?? [];
  return {
    height: height ?? numbers[0] ?? DEFAULT_INPUT_SIZE,
    width: width ?? numbers[1] ?? numbers[0] ?? DEFAULT_INPUT_SIZE,
  };
}

/** ONNX element types of weights that tell the precision of a bare model. */
const FLOAT16 = 10;

function precisionOf(onnx: ModelProto): Precision {
  const nodes = onnx.graph?.node ?? [];
  if (nodes.some((node) => /^(QuantizeLinear|QLinear|ConvInteger|DynamicQuantizeLinear)/.test(node.opType)))
    return 'int8';
  return onnx.graph?.initializer.some((tensor) => tensor.dataType === FLOAT16) ? 'fp16' : 'fp32';
}
