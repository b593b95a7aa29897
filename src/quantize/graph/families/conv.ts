import { DataType, dimsOf } from '../../../onnx';
import type { Family } from './family';

/**
 * Convolutions: 8-bit input and output, signed 8-bit weights with one scale per output channel, 32-bit bias. The runtime
 * turns them into QLinearConv. (There is no integer ConvTranspose on the CPU: it stays float.)
 */
export const convFamily: Family = {
  name: 'conv',
  opTypes: ['Conv'],

  accepts(node, graph) {
    const weight = graph.constant(node.input[1] ?? '');
    const bias = node.input[2];
    return (
      weight?.dataType === Number(DataType.FLOAT) &&
      dimsOf(weight).length === 4 &&
      (bias === undefined || bias === '' || graph.constant(bias) !== undefined)
    );
  },

  plan(node, plan) {
    plan.quantize(node.input[0]!);
    plan.quantize(node.output[0]!);
    return {
      activations: [0],
      outputs: [0],
      weight: { input: 1, axis: 0 },
      ...(node.input[2] && { bias: 2 }),
    };
  },
};
