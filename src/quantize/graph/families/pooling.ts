import type { Family } from './family';

/** Averages (QLinearAveragePool, QLinearGlobalAveragePool): the output has a range of its own. */
export const poolingFamily: Family = {
  name: 'pooling',
  opTypes: ['AveragePool', 'GlobalAveragePool'],
  accepts: () => true,

  plan(node, plan) {
    plan.quantize(node.input[0]!);
    plan.quantize(node.output[0]!);
    return { activations: [0], outputs: [0] };
  },
};
