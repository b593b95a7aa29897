import type { GraphEditor } from '../../onnx';
import { familyOf } from './families';
import { QuantizationPlan } from './plan';
import type { HeadSplit } from './head';

export interface PlanOptions {
  /** The picture input: its range is known, pixels are 0 … 1. */
  inputName: string;
  head: HeadSplit;
  /** Names of nodes that are to stay float although they could be integers. */
  keepFloat?: ReadonlySet<string>;
}

/**
 * Decides which nodes of a prepared graph run on integers: convolutions first, then what lies between them. Anything else
 * only becomes integer when all it reads is: a lone quantized operator among float ones costs more than it saves.
 */
export function planQuantization(graph: GraphEditor, options: PlanOptions): QuantizationPlan {
  const plan = new QuantizationPlan(graph);
  const chosen = graph.graph.node.flatMap((node) => {
    const family = familyOf(node.opType);
    if (!family || options.head.tail.has(node) || options.keepFloat?.has(node.name)) return [];
    return family.accepts(node, graph) ? [{ node, family }] : [];
  });
  for (const { node, family } of chosen) {
    if (family.name === 'conv') plan.nodes.push({ node, family: family.name, ...family.plan(node, plan) });
  }
  for (const { node, family } of chosen) {
    if (
      family.name === 'conv' ||
      !node.input.every((value) => graph.constant(value) || plan.isQuantized(value) || value === '')
    )
      continue;
    plan.nodes.push({ node, family: family.name, ...family.plan(node, plan) });
  }
  if (plan.isQuantized(options.inputName)) plan.fix(options.inputName, { min: 0, max: 1 });
  return plan;
}

/**
 * Drops a Relu behind a convolution that only it reads: with the Relu's range the quantized output starts at zero and
 * saturates there, which is the Relu. (The runtime has no integer Relu.)
 */
export function foldRelus(graph: GraphEditor, head: HeadSplit, keepFloat?: ReadonlySet<string>): void {
  for (const relu of graph.graph.node) {
    if (relu.opType !== 'Relu' || head.tail.has(relu)) continue;
    const conv = graph.producer(relu.input[0]!);
    if (conv?.opType !== 'Conv' || graph.readers(relu.input[0]!).length !== 1 || keepFloat?.has(conv.name)) continue;
    conv.output = [...relu.output];
    relu.output = [];
  }
  graph.graph.node = graph.graph.node.filter((node) => node.output.length > 0);
  graph.refresh();
}
