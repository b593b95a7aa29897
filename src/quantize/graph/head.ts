import { dimsOf, floatsOf, type GraphEditor, type NodeProto } from '../../onnx';

/** The convolution that turns YOLOv8's box bins into distances: one output channel, weights 0, 1, 2, … */
export function isDistributionConv(node: NodeProto, graph: GraphEditor): boolean {
  const weight = graph.constant(node.input[1] ?? '');
  if (weight === undefined) return false;
  const [outputs, , height, width] = dimsOf(weight);
  return outputs === 1 && height === 1 && width === 1 && floatsOf(weight).every((value, index) => value === index);
}

/**
 * Divides a detector into body and tail. The tail is all that comes after the last convolutions: box decoding, whose
 * numbers (pixels beside probabilities) do not survive one common 8-bit scale.
 */
export interface HeadSplit {
  /** The last convolutions, in the order of the graph. */
  lastConvs: NodeProto[];
  /** Nodes behind them; these stay float. */
  tail: ReadonlySet<NodeProto>;
}

export function splitHead(graph: GraphEditor): HeadSplit {
  // walking backwards: does a convolution come after this node?
  const beforeConv = new Set<NodeProto>();
  const lastConvs: NodeProto[] = [];
  for (const node of graph.graph.node.toReversed()) {
    const readers = node.output.flatMap((value) => graph.readers(value));
    if (readers.some((reader) => beforeConv.has(reader) || isRealConv(reader, graph))) beforeConv.add(node);
    else if (isRealConv(node, graph)) lastConvs.unshift(node);
  }
  const last = new Set(lastConvs);
  const tail = new Set(graph.graph.node.filter((node) => !beforeConv.has(node) && !last.has(node)));
  return { lastConvs, tail };
}

const isRealConv = (node: NodeProto, graph: GraphEditor): boolean =>
  node.opType === 'Conv' && !isDistributionConv(node, graph);
