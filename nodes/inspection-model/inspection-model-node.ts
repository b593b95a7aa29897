import type { Node } from 'node-red';
import type { Detector } from '../../src/detector/detector';
import type { RoutedDetector } from '../../src/detector/routed-detector';

/** What other nodes see of an inspection-model config node. */
export interface InspectionModelNode extends Node {
  /** The detector process of this model; undefined when the node's settings are unusable (the status says why). */
  detector: Detector | undefined;
  /** Where frames go in: the detector, with a place where a canary may step in and a shadow may listen. */
  line: RoutedDetector | undefined;
  /** Why there is no detector, in one sentence. */
  problem: string | undefined;
  /** Where the model was found. */
  modelPath: string | undefined;
}

/** The config node a property names, or one sentence why it is not there. */
export function modelNodeOf(getNode: (id: string) => Node | null, id: unknown): InspectionModelNode | undefined {
  return typeof id === 'string' && id !== '' ? ((getNode(id) as InspectionModelNode | null) ?? undefined) : undefined;
}
