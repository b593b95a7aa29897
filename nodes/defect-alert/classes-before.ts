import type { NodeAPI } from 'node-red';
import { modelNodeOf } from '../inspection-model/inspection-model-node';
import { modelsBefore, type FlowPart } from '../shared/upstream';

/**
 * The classes that can reach a node: those of all models whose detections come to it by its wires, as they are. Resolves
 * when the models are loaded; an empty list: not known.
 */
export async function classesBefore(RED: NodeAPI, id: string): Promise<string[]> {
  const parts: FlowPart[] = [];
  RED.nodes.eachNode((part) => void parts.push(part as unknown as FlowPart));
  const { models, isUnchanged } = modelsBefore(parts, id);
  if (!isUnchanged) return [];
  const lists = await Promise.all(
    models.map(async (model) => {
      const info = await modelNodeOf((name) => RED.nodes.getNode(name), model)?.line?.start();
      return info?.classNames ?? [];
    }),
  );
  return lists.every((list) => list.length > 0) ? [...new Set(lists.flat())] : [];
}
