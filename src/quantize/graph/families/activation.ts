import type { Family } from './family';

/**
 * Activation functions that the runtime computes with a table of 256 entries (QLinearSigmoid, QLinearLeakyRelu). SiLU
 * comes as Sigmoid × Mul; leaving the Sigmoid float would put a DequantizeLinear and a QuantizeLinear around each.
 */
export const activationFamily: Family = {
  name: 'activation',
  opTypes: ['Sigmoid', 'LeakyRelu'],
  accepts: () => true,

  plan(node, plan) {
    plan.quantize(node.input[0]!);
    // A sigmoid's outputs are between 0 and 1 whatever the data is.
    if (node.opType === 'Sigmoid') plan.fix(node.output[0]!, { min: 0, max: 1 });
    else plan.quantize(node.output[0]!);
    return { activations: [0], outputs: [0] };
  },
};
