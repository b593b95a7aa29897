import { DataType, makeTensor, sizeOf, dimsOf } from './tensor';
import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './generated/onnx';

const HALF = Number(DataType.FLOAT16);
const FLOAT = Number(DataType.FLOAT);

/** Attributes that name an element type: what a Cast makes, what random numbers are. */
const TYPE_ATTRIBUTES: ReadonlySet<string> = new Set(['to', 'dtype', 'output_datatype']);

/** Whether a model has 16-bit floats anywhere in its weights, its input or between. */
export function hasHalves(model: ModelProto): boolean {
  const graph = model.graph!;
  return (
    graph.initializer.some(({ dataType }) => dataType === HALF) ||
    [...graph.input, ...graph.output].some((value) => elementOf(value)?.elemType === HALF)
  );
}

/**
 * Turns 16-bit floats into 32-bit ones: weights, constants, casts, inputs and outputs. Every half is a float exactly, and the
 * processors that this runs on calculate halves as floats anyway.
 *
 * @param model changed in place
 */
export function widenHalves(model: ModelProto): void {
  widenGraph(model.graph!);
}

function widenGraph(graph: GraphProto): void {
  graph.initializer = graph.initializer.map(widened);
  for (const value of [...graph.input, ...graph.output]) {
    const tensor = elementOf(value);
    if (tensor?.elemType === HALF) tensor.elemType = FLOAT;
  }
  // types that an exporter wrote for halves would contradict
  graph.valueInfo = [];
  for (const node of graph.node) widenNode(node);
}

function widenNode(node: NodeProto): void {
  for (const attribute of node.attribute) {
    if (TYPE_ATTRIBUTES.has(attribute.name) && Number(attribute.i) === HALF) attribute.i = BigInt(FLOAT);
    if (attribute.t) attribute.t = widened(attribute.t);
    attribute.tensors = attribute.tensors.map(widened);
    for (const graph of [...(attribute.g ? [attribute.g] : []), ...attribute.graphs]) widenGraph(graph);
  }
}

function elementOf(value: ValueInfoProto) {
  return value.type?.value.case === 'tensorType' ? value.type.value.value : undefined;
}

function widened(tensor: TensorProto): TensorProto {
  if (tensor.dataType !== HALF) return tensor;
  const dims = dimsOf(tensor);
  const count = sizeOf(dims);
  const { rawData } = tensor;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  // bits of a half are stored in int32Data where there are no raw bytes
  const bitsAt = (index: number): number =>
    rawData.byteLength > 0 ? view.getUint16(2 * index, true) : tensor.int32Data[index]!;
  return makeTensor(
    tensor.name,
    DataType.FLOAT,
    dims,
    Float32Array.from({ length: count }, (_, index) => floatOf(bitsAt(index))),
  );
}

/** The number that the 16 bits of an IEEE 754 half stand for: sign, 5 bits of exponent, 10 of mantissa. */
export function floatOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
