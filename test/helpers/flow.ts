import helper from 'node-red-node-test-helper';
import type { NodeAPI, Node, NodeMessage } from 'node-red';

type NodeModule = (RED: NodeAPI) => void;
type FlowNode = Record<string, unknown> & { id: string; type: string };

// a core node, without declarations
// eslint-disable-next-line @typescript-eslint/no-require-imports
const catchNode = require('@node-red/nodes/core/common/25-catch.js') as NodeModule;

export interface DeployedFlow<M> {
  node: (id: string) => Node;
  /** What arrived at the node `out`, in order. */
  messages: M[];
  /** Messages of errors that reached a catch node, in order. */
  errors: string[];
}

/** Deploys nodes on one tab with a collector `out` and a catch node, in a Node-RED runtime inside the test. */
export async function deployFlow<M = NodeMessage & Record<string, unknown>>(
  modules: NodeModule[],
  nodes: FlowNode[],
): Promise<DeployedFlow<M>> {
  const flow = [
    { id: 'tab', type: 'tab' },
    ...nodes.map((node) => (node.type === 'inspection-model' ? node : { z: 'tab', ...node })),
    { id: 'out', z: 'tab', type: 'helper' },
    { id: 'catcher', z: 'tab', type: 'catch', scope: null, wires: [['caught']] },
    { id: 'caught', z: 'tab', type: 'helper' },
  ];
  await helper.load([...modules, catchNode], flow);
  const messages: M[] = [];
  const errors: string[] = [];
  helper.getNode('out').on('input', (message) => messages.push(message as unknown as M));
  helper
    .getNode('caught')
    .on('input', (message) => errors.push((message as unknown as { error: { message: string } }).error.message));
  return { node: (id) => helper.getNode(id), messages, errors };
}
