import { create } from '@bufbuild/protobuf';
import { DataType, encodeOnnx, floatTensor, int8Tensor, makeNode, makeValue, uint8Tensor } from '../onnx';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  type NodeProto,
  type TensorProto,
} from '../onnx/generated/onnx';

/**
 * A graph of a few bytes-times-bytes convolutions whose exact answers are known, at the corner where sums of 16 bits
 * overflow: every activation at its largest magnitude, every weight at ±127. Kernels that add pairs of products in 16 bits
 * (VPMADDUBSW of AVX2, AVX512 without VNNI) stop at 2¹⁵ − 1 instead of 2 × 255 × 127 and answer with half of what is right.
 */

/** Steps of the answer above and below its zero point: what an exact sum gives by the choice of the output's scale. */
const ANSWER_STEPS = 100;
const ANSWER_ZERO_POINT = 128;

/** Pixels per side of the probe's pictures: enough rows for the kernels' blocks and for what is left over. */
export const PROBE_SIZE = 9;

interface Case {
  name: string;
  activation: 'uint8' | 'int8';
  channels: number;
  outputs: number;
  kernel: number;
  group?: number;
}

/** One row per path through the runtime's integer kernels: stem (im2col), point-wise, 3 × 3, odd sizes, depth-wise, int8. */
export const PROBE_CASES: readonly Case[] = [
  { name: 'stem', activation: 'uint8', channels: 3, outputs: 16, kernel: 3 },
  { name: 'pointwise', activation: 'uint8', channels: 64, outputs: 64, kernel: 1 },
  { name: 'square', activation: 'uint8', channels: 16, outputs: 32, kernel: 3 },
  { name: 'odd', activation: 'uint8', channels: 30, outputs: 5, kernel: 1 },
  { name: 'depthwise', activation: 'uint8', channels: 16, outputs: 16, kernel: 3, group: 16 },
  { name: 'signed', activation: 'int8', channels: 32, outputs: 16, kernel: 3 },
];

const LARGEST = { uint8: 255, int8: -128 } as const;
const WEIGHT = 127;

/** The picture that a case takes: every value at its largest magnitude. */
export function probeInput({ activation, channels }: Case): { data: Uint8Array | Int8Array; dims: number[] } {
  const size = channels * PROBE_SIZE * PROBE_SIZE;
  const data = activation === 'uint8' ? new Uint8Array(size) : new Int8Array(size);
  return { data: data.fill(LARGEST[activation]), dims: [1, channels, PROBE_SIZE, PROBE_SIZE] };
}

/** Whether a case's answer is the exact one: even channels have positive weights, odd ones negative. */
export function isExact({ activation, outputs }: Case, answer: ArrayLike<number>): boolean {
  const perChannel = answer.length / outputs;
  return Array.from(answer).every((value, index) => {
    const sign = Math.floor(index / perChannel) % 2 === 0 ? 1 : -1;
    return value === ANSWER_ZERO_POINT + sign * Math.sign(LARGEST[activation]) * ANSWER_STEPS;
  });
}

/** Input `x.<case>`, output `y.<case>`, in the form that quantized models have. */
export function probeModel(): Uint8Array {
  const nodes: NodeProto[] = [];
  const initializer: TensorProto[] = [];
  for (const each of PROBE_CASES) addCase(each, nodes, initializer);
  const type = { uint8: DataType.UINT8, int8: DataType.INT8 };
  return encodeOnnx(
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'edge-inspect',
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 13n })],
      graph: create(GraphProtoSchema, {
        name: 'kernels',
        node: nodes,
        initializer,
        input: PROBE_CASES.map((each) => makeValue(`x.${each.name}`, type[each.activation], probeInput(each).dims)),
        output: PROBE_CASES.map(({ name }) => makeValue(`y.${name}`, DataType.UINT8)),
      }),
    }),
  );
}

function addCase(each: Case, nodes: NodeProto[], initializer: TensorProto[]): void {
  const { name, activation, channels, outputs, kernel, group = 1 } = each;
  const products = (channels / group) * kernel * kernel;
  const weights = Array.from({ length: outputs * products }, (_, i) =>
    Math.floor(i / products) % 2 === 0 ? WEIGHT : -WEIGHT,
  );
  const zero = activation === 'uint8' ? uint8Tensor : int8Tensor;
  const at = (what: string): string => `${what}.${name}`;
  initializer.push(
    floatTensor(at('xScale'), [], [1]),
    zero(at('xZero'), [], [0]),
    int8Tensor(at('w'), [outputs, channels / group, kernel, kernel], weights),
    floatTensor(at('wScale'), [outputs], new Array<number>(outputs).fill(1)),
    int8Tensor(at('wZero'), [outputs], new Array<number>(outputs).fill(0)),
    floatTensor(at('yScale'), [], [(Math.abs(LARGEST[activation]) * WEIGHT * products) / ANSWER_STEPS]),
    uint8Tensor(at('yZero'), [], [ANSWER_ZERO_POINT]),
  );
  const inOut = (op: string, inputs: string[], output: string, attributes = {}): NodeProto =>
    makeNode(op, at(output), inputs.map(at), [at(output)], attributes);
  nodes.push(
    inOut('DequantizeLinear', ['x', 'xScale', 'xZero'], 'xReal'),
    inOut('DequantizeLinear', ['w', 'wScale', 'wZero'], 'wReal', { axis: 0 }),
    inOut('Conv', ['xReal', 'wReal'], 'yReal', { kernel_shape: [kernel, kernel], group }),
    inOut('QuantizeLinear', ['yReal', 'yScale', 'yZero'], 'y'),
  );
}
