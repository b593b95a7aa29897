import {
  floatTensor,
  floatsOf,
  int8Tensor,
  makeNode,
  uint8Tensor,
  type GraphEditor,
  type NodeProto,
  type TensorProto,
} from '../../onnx';
import { correctedBias, type ChannelMeans } from './levers/bias-correction';
import type { NodePlan, QuantizationPlan } from './plan';
import {
  parametersFor,
  unionOf,
  type ActivationType,
  type QuantizationParameters,
  type Range,
} from '../calibrate/ranges/range';
import { quantizeBias, quantizeWeight } from './weights';

export interface QdqOptions {
  activationType: ActivationType;
  /** Largest weight magnitude, see targets. */
  weightLimit: number;
  /** Given: biases are corrected by the mean of the weights' rounding error. */
  means?: ChannelMeans;
}

export const quantizedName = (value: string): string => `${value}_quantized`;
export const dequantizedName = (value: string): string => `${value}_dequantized`;

/**
 * The scale and zero point of every quantized value: one per group, from the union of the ranges in it.
 *
 * @param ranges of the values that were observed
 */
export function parametersOf(
  plan: QuantizationPlan,
  ranges: ReadonlyMap<string, Range>,
  type: ActivationType,
): Map<string, QuantizationParameters> {
  const groups = new Map<string, Range[]>();
  for (const value of plan.values()) {
    const range = plan.fixedRange(value) ?? ranges.get(value);
    const group = plan.groupOf(value);
    if (!groups.has(group)) groups.set(group, []);
    if (range !== undefined) groups.get(group)!.push(range);
  }
  const perGroup = new Map([...groups].map(([group, found]) => [group, parametersFor(unionOf(found), type)]));
  return new Map(plan.values().map((value) => [value, perGroup.get(plan.groupOf(value))!]));
}

/**
 * Rewrites the graph in QDQ form (QuantizeLinear → DequantizeLinear around every planned value): standard operators only,
 * which the runtime fuses into integer kernels. Weights and biases become int8 and int32 constants.
 */
export function writeQdq(
  plan: QuantizationPlan,
  parameters: ReadonlyMap<string, QuantizationParameters>,
  options: QdqOptions,
): void {
  const { graph } = plan;
  const writer = new QdqWriter(plan, parameters, options);
  for (const planned of plan.nodes) writer.rewriteConstants(planned);
  const moved = writer.moveBytes();
  // every other reader, float ones included, sees the dequantized value: what the integers really say
  const outputs = new Set(graph.graph.output.map(({ name }) => name));
  for (const node of graph.graph.node) {
    node.input = node.input.map((value) => (parameters.has(value) ? dequantizedName(value) : value));
  }
  for (const value of plan.values()) writer.addPair(value, { moved: moved.has(value), isOutput: outputs.has(value) });
  graph.graph.node.push(...writer.nodes);
  graph.tidy();
}

class QdqWriter {
  readonly nodes: NodeProto[] = [];
  private readonly graph: GraphEditor;
  readonly #written = new Set<string>();

  constructor(
    private readonly plan: QuantizationPlan,
    private readonly parameters: ReadonlyMap<string, QuantizationParameters>,
    private readonly options: QdqOptions,
  ) {
    this.graph = plan.graph;
  }

  /**
   * Operators that only move data work on the bytes themselves: nothing is left for the runtime to fuse away.
   *
   * @returns the values that come out of them as bytes, without a QuantizeLinear
   */
  moveBytes(): Set<string> {
    const moved = new Set<string>();
    for (const { node, family, activations, outputs } of this.plan.nodes) {
      if (family !== 'movement') continue;
      for (const index of activations) node.input[index] = quantizedName(node.input[index]!);
      for (const index of outputs) {
        moved.add(node.output[index]!);
        node.output[index] = quantizedName(node.output[index]!);
      }
    }
    return moved;
  }

  /**
   * Adds value → QuantizeLinear → DequantizeLinear, the first only for what is not bytes yet. A graph output keeps its
   * name behind the pair.
   */
  addPair(value: string, { moved, isOutput }: { moved: boolean; isOutput: boolean }): void {
    const { scale, zeroPoint } = this.parameters.get(value)!;
    const constants = [`${value}_scale`, `${value}_zero_point`] as const;
    this.graph.addConstant(floatTensor(constants[0], [], [scale]));
    const make = this.options.activationType === 'uint8' ? uint8Tensor : int8Tensor;
    this.graph.addConstant(make(constants[1], [], [zeroPoint]));
    const quantized = quantizedName(value);
    const dequantized = dequantizedName(value);
    if (!moved) {
      let source = value;
      if (isOutput) {
        source = `${value}_float`;
        const producer = this.graph.producer(value)!;
        producer.output = producer.output.map((name) => (name === value ? source : name));
      }
      this.nodes.push(makeNode('QuantizeLinear', `${value}_QuantizeLinear`, [source, ...constants], [quantized]));
    }
    const name = `${value}_DequantizeLinear`;
    this.nodes.push(makeNode('DequantizeLinear', name, [quantized, ...constants], [dequantized]));
    if (isOutput) this.nodes.push(makeNode('Identity', `${value}_Identity`, [dequantized], [value]));
  }

  /** Turns the node's weight and bias into int8 and int32 constants behind a DequantizeLinear. */
  rewriteConstants({ node, weight, bias }: NodePlan): void {
    if (weight === undefined) return;
    const inputScale = this.parameters.get(node.input[0]!)!.scale;
    const weightName = node.input[weight.input]!;
    const inputMeans = this.options.means?.get(node.input[0]!);
    const weightTensor = this.graph.constant(weightName)!;
    const biasValues = bias === undefined ? undefined : floatsOf(this.graph.constant(node.input[bias]!)!);
    // Named after the node: two nodes that share weights may read inputs of different scales.
    const base = this.#written.has(weightName) ? `${weightName}/${node.name}` : weightName;
    this.#written.add(weightName);
    const quantized = quantizeWeight(
      quantizedName(base),
      weightTensor,
      this.options.weightLimit,
      inputScale,
      biasValues,
    );
    const zeroPoints = `${base}_zero_point`;
    this.graph.addConstant(int8Tensor(zeroPoints, [quantized.scales.length], new Int8Array(quantized.scales.length)));
    node.input[weight.input] = this.#dequantizedConstant(base, quantized, weight.axis, [zeroPoints]);
    if (bias !== undefined) {
      const biasBase = `${base}/bias`;
      const corrected = inputMeans ? correctedBias(biasValues!, weightTensor, quantized, inputMeans) : biasValues!;
      const written = quantizeBias(quantizedName(biasBase), corrected, inputScale, quantized.scales);
      node.input[bias] = this.#dequantizedConstant(biasBase, written, 0);
    }
  }

  #dequantizedConstant(
    base: string,
    { tensor, scales }: { tensor: TensorProto; scales: Float32Array },
    axis: number,
    zeroPoint: string[] = [],
  ): string {
    const scale = `${base}_scale`;
    this.graph.addConstant(tensor);
    this.graph.addConstant(floatTensor(scale, [scales.length], scales));
    const output = dequantizedName(base);
    const inputs = [tensor.name, scale, ...zeroPoint];
    this.nodes.push(makeNode('DequantizeLinear', `${base}_DequantizeLinear`, inputs, [output], { axis }));
    return output;
  }
}
