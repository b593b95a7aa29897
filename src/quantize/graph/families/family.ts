import type { GraphEditor, NodeProto } from '../../../onnx';
import type { NodePlan, QuantizationPlan } from '../plan';

/** A row of the operator → quantizer table: how one kind of operator is made to work on 8-bit data. */
export interface Family {
  name: string;
  opTypes: readonly string[];
  /** Whether this node can run on integers; false: it stays float. */
  accepts(node: NodeProto, graph: GraphEditor): boolean;
  /** Says which of the node's values become integers. */
  plan(node: NodeProto, plan: QuantizationPlan): Omit<NodePlan, 'node' | 'family'>;
}
