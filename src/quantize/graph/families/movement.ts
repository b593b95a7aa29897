import { stringAttribute } from '../../../onnx';
import type { Family } from './family';

/**
 * Operators that only move or pick numbers: one scale and zero point for what goes in and what comes out, so that they run
 * on the bytes as they are. MaxPool belongs here because the order of numbers survives quantization.
 */
export const movementFamily: Family = {
  name: 'movement',
  opTypes: [
    'Concat',
    'MaxPool',
    'Resize',
    'Split',
    'Slice',
    'Transpose',
    'Reshape',
    'Expand',
    'Squeeze',
    'Unsqueeze',
    'Flatten',
  ],

  accepts(node, graph) {
    if (graph.constant(node.input[0]!) !== undefined) return false;
    if (node.opType === 'Concat') return node.input.every((value) => graph.constant(value) === undefined);
    // other modes compute new numbers between the old ones
    if (node.opType === 'Resize') return (stringAttribute(node, 'mode') ?? 'nearest') === 'nearest';
    // a second output of MaxPool is a list of positions
    if (node.opType === 'MaxPool') return node.output.length === 1;
    return true;
  },

  plan(node, plan) {
    const activations = node.opType === 'Concat' ? node.input.map((_, index) => index) : [0];
    const outputs = node.output.map((_, index) => index);
    plan.share([...activations.map((index) => node.input[index]!), ...node.output]);
    return { activations, outputs };
  },
};
