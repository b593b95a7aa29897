import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expected, InspectionError } from '../../contract/errors';
import { ModelSession } from '../../model/session';
import { upgradeOperatorSet } from './operator-set';
import { decodeOnnx, encodeOnnx, ioOf, readOnnxFile, type ModelProto } from '../../onnx';

/** Operators of models that have integers inside already. */
const QUANTIZED = /^(QuantizeLinear|DequantizeLinear|QLinear.*|ConvInteger|MatMulInteger|DynamicQuantizeLinear|QGemm)$/;

/** ONNX data type numbers of half-precision floats. */
const HALF_TYPES: ReadonlySet<number> = new Set([10, 16]);

/**
 * Refuses what cannot be quantized from.
 *
 * @throws InspectionError MODEL_UNSUPPORTED
 */
export function assertFloatModel(model: ModelProto, path: string): void {
  const quantized = model.graph!.node.filter((node) => QUANTIZED.test(node.opType));
  if (quantized.length > 0) {
    throw new InspectionError(
      'MODEL_UNSUPPORTED',
      `Expected a float32 model for quantize but received ${path}, which is quantized already (${quantized.length} nodes such as ${quantized[0]!.opType})`,
    );
  }
  if (model.graph!.initializer.some(({ dataType }) => HALF_TYPES.has(dataType ?? 0))) {
    throw new InspectionError(
      'MODEL_UNSUPPORTED',
      `Expected a float32 model for quantize but received ${path}, which has 16-bit float weights: export it without half precision`,
    );
  }
}

/**
 * Gives the picture input of a model a size; the model is changed.
 *
 * @param shape one number per axis
 */
export function fixInput(model: ModelProto, inputName: string, shape: readonly number[]): void {
  const input = model.graph!.input.find(({ name }) => name === inputName)!;
  if (input.type?.value.case === 'tensorType') {
    const dims = input.type.value.value.shape?.dim ?? [];
    dims.forEach((dim, axis) => (dim.value = { case: 'dimValue', value: BigInt(shape[axis]!) }));
  }
  // Shapes that an exporter wrote for its own size would contradict the fixed one.
  model.graph!.valueInfo = [];
  for (const output of model.graph!.output) {
    if (output.type?.value.case === 'tensorType') delete output.type.value.value.shape;
  }
}

/**
 * A dynamic model with its axes fixed to a size.
 *
 * @throws InspectionError BAD_ARGUMENT when the model's size is fixed to another one
 */
export function withSize(model: ModelProto, inputName: string, size: number): ModelProto {
  const fixed = decodeOnnx(encodeOnnx(model), 'the model');
  const shape = ioOf(model).inputs.find(({ name }) => name === inputName)!.shape!;
  const isNhwc = shape[3] === 3 && shape[1] !== 3;
  const [height, width] = isNhwc ? shape.slice(1, 3) : shape.slice(2, 4);
  if ((typeof height === 'number' && height !== size) || (typeof width === 'number' && width !== size)) {
    throw expected(`the model's own ${width}x${height} (only models with dynamic axes can be resized)`, 'size', size);
  }
  fixInput(fixed, inputName, isNhwc ? [1, size, size, 3] : [1, 3, size, size]);
  return fixed;
}

/**
 * Cleans a model for quantization: the input's dynamic axes fixed, constants folded (anchors, shapes), BatchNorm merged
 * into convolutions, identities dropped. The runtime's own basic optimizations do it; they only use standard operators.
 *
 * @param inputName the picture input
 * @param shape the input's shape with every axis fixed, e.g. [1, 3, 640, 640]
 * @returns a new model; weights under 1 kB kept inline, every value in topological order
 */
export async function prepareFloatModel(
  model: ModelProto,
  inputName: string,
  shape: readonly number[],
): Promise<ModelProto> {
  const fixed = decodeOnnx(encodeOnnx(model), 'the model');
  fixInput(fixed, inputName, shape);
  const folder = await mkdtemp(join(tmpdir(), 'edge-inspect-'));
  try {
    const file = join(folder, 'prepared.onnx');
    const session = await ModelSession.open(encodeOnnx(fixed), { optimization: 'basic', saveOptimizedTo: file });
    await session.release();
    const prepared = await readOnnxFile(file);
    // the runtime lists its own operator sets; a file should only claim what it uses
    const domains = new Set(prepared.graph!.node.map(({ domain }) => domain));
    prepared.opsetImport = prepared.opsetImport.filter(({ domain }) => domains.has(domain));
    prepared.metadataProps = model.metadataProps;
    upgradeOperatorSet(prepared);
    return prepared;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
