import type { Family } from './family';

/** Sums and products of two computed values (QLinearAdd, QLinearMul). With a constant on one side they stay float. */
export const arithmeticFamily: Family = {
  name: 'arithmetic',
  opTypes: ['Add', 'Mul'],
  accepts: (node, graph) => node.input.every((value) => graph.constant(value) === undefined),

  plan(node, plan) {
    for (const value of [...node.input, node.output[0]!]) plan.quantize(value);
    return { activations: [0, 1], outputs: [0] };
  },
};
