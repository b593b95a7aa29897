import { DataType, type ModelProto } from '../onnx';
import type { Kernels } from '../contract/manifest';
import type { Machine } from './machine';

/** How a model's integers are stored, read from its graph. */
export interface IntegerForm {
  activations: 'uint8' | 'int8' | 'none';
  /** Largest magnitude of the int8 weights. */
  largestWeight: number;
}

const TYPE_NAMES: Partial<Record<number, IntegerForm['activations']>> = {
  [DataType.UINT8]: 'uint8',
  [DataType.INT8]: 'int8',
};

/** Looks at the zero points of QuantizeLinear nodes, and at the weights behind DequantizeLinear nodes of convolutions. */
export function integerFormOf(model: ModelProto): IntegerForm {
  const { node: nodes, initializer } = model.graph!;
  const constants = new Map(initializer.map((tensor) => [tensor.name, tensor]));
  const activations = new Set(
    nodes
      .filter(({ opType }) => opType === 'QuantizeLinear')
      .map(({ input }) => TYPE_NAMES[constants.get(input[2] ?? '')?.dataType ?? 0] ?? 'uint8'),
  );
  const dequantized = new Map(
    nodes.filter(({ opType }) => opType === 'DequantizeLinear').map((node) => [node.output[0]!, node.input[0]!]),
  );
  let largestWeight = 0;
  for (const { opType, input } of nodes) {
    const weight = opType === 'Conv' ? constants.get(dequantized.get(input[1]!) ?? '') : undefined;
    if (weight?.dataType !== Number(DataType.INT8)) continue;
    for (const byte of weight.rawData) largestWeight = Math.max(largestWeight, Math.abs((byte << 24) >> 24));
  }
  const only = activations.has('int8') ? 'int8' : activations.has('uint8') ? 'uint8' : 'none';
  return { activations: only, largestWeight };
}

/** Largest weight whose products with uint8, added in pairs, fit 16 bits: 2 × 255 × 64 < 2¹⁵ + … */
const SAFE_WEIGHT = 64;

/** The machine, and its integer kernels as they are and as they are used. */
type Surroundings = Machine & { native: Kernels; used: Kernels };

/** A row per mistake: when it is one, and the sentence that says so. */
const WARNINGS: { applies: (form: IntegerForm, on: Surroundings) => boolean; sentence: string }[] = [
  {
    applies: ({ activations }, { arch }) => activations === 'int8' && arch === 'x64',
    sentence:
      'has int8 activations, for which the runtime has no fast kernels on x64: it will be slower than float32; quantize with --target portable or x64-vnni',
  },
  {
    applies: ({ activations, largestWeight }, { native, used }) =>
      activations === 'uint8' && largestWeight > SAFE_WEIGHT && native === 'saturating' && used === 'exact',
    sentence:
      "runs with the runtime's non-saturating kernels, because the fast ones saturate on this processor (no VNNI): the results are exact, a run takes about an eighth longer",
  },
  {
    applies: ({ activations, largestWeight }, { used }) =>
      activations === 'uint8' && largestWeight > SAFE_WEIGHT && used === 'saturating',
    sentence:
      'has 8-bit weights, whose sums saturate with the integer kernels of this processor and runtime: results are wrong; use the float32 model here',
  },
  {
    applies: ({ activations }, { arch, dotProduct }) =>
      activations !== 'none' && arch === 'arm64' && dotProduct === 'none',
    sentence: 'gains little on this processor, which has no byte dot product (a Raspberry Pi 5 has one)',
  },
];

/**
 * What somebody should know of a model on a machine; [] when it suits.
 *
 * @param kernels native: what the runtime's own integer kernels do there; used: what those do that sessions get
 */
export function suitabilityWarnings(
  form: IntegerForm,
  machine: Machine,
  kernels: { native: Kernels; used: Kernels },
): string[] {
  return WARNINGS.filter(({ applies }) => applies(form, { ...machine, ...kernels })).map(({ sentence }) => sentence);
}
