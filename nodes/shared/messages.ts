import type { NodeMessageInFlow } from 'node-red';
import type { NotInspected, NotInspectedReason } from '../../src/contract/verdict';
import type { Detection } from '../../src/contract/detection';
import type { Annotation } from '../../src/detect/annotations';
import type { ModelThresholds } from '../../src/contract/manifest';
import type { Latency, ModelInfo } from '../../src/contract/detector';
import type { Alignment } from '../../src/contract/alignment';
import type { TileCount } from '../../src/contract/tiling';
import type { PictureMeasures } from '../../src/contract/picture-measures';
import type { FrameInfo } from '../../src/contract/frame';
import type { BookedCamera } from '../../src/station/books';
import type { ThermalCondition } from '../../src/contract/thermal';

/** `msg.inference`: which model looked at the frame, how, and how long it took. */
export interface InferenceRecord {
  model: Pick<ModelInfo, 'name' | 'version' | 'sha256' | 'precision' | 'kernels'>;
  latencyMs: Latency;
  threads: number;
  /** The upright source image, pixels: what boxes are in. */
  image: { width: number; height: number };
  /** How the picture is exposed and focused. */
  picture?: PictureMeasures;
  thresholds: ModelThresholds;
  /** Thermal condition of the station when the frame was inspected. */
  thermal?: Readonly<ThermalCondition>;
  /** Where the picture was cut into tiles: their columns and rows, and the runs of the model that it cost. */
  tiles?: TileCount;
  /** Where the part lies, from where the reference shows it. */
  alignment?: Alignment;
}

/** A message on its way through the inspection nodes. */
export interface InspectionMessage extends NodeMessageInFlow {
  frame?: FrameInfo;
  image?: Buffer;
  inference?: InferenceRecord;
  annotations?: Annotation[];
  notInspected?: NotInspected;
  /** Left by a thermal-guard in the flow; `admitted` when it has given the frame its place in the station's rate. */
  thermal?: (Partial<ThermalCondition> & { admitted?: boolean }) | null;
  /** Overrides of node properties by message. */
  confidence?: unknown;
  tiles?: unknown;
  iou?: unknown;
  maxDetections?: unknown;
  classAware?: unknown;
}

/**
 * Marks a message as not inspected: it travels on without detections, so that its part still gets a verdict. A reason
 * given earlier in the flow stays: the first cause is the one that helps.
 */
export function markNotInspected(message: InspectionMessage, reason: NotInspectedReason, detail: string): void {
  message.notInspected ??= { reason, detail };
  message.payload = [] satisfies Detection[];
}

/** What a picture without a description is said to come from: the topic, where it is a text or a number. */
export function sourceOf({ topic }: { topic?: unknown }): string {
  return (typeof topic === 'string' && topic !== '') || typeof topic === 'number' ? String(topic) : 'message';
}

/** Whose frame it is in the station's books, as far as `msg.frame` can be read. */
export function bookedCamera(frame: unknown): BookedCamera {
  const { source, sourceId } = Object(frame) as Record<string, unknown>;
  const name = typeof source === 'string' && source !== '' ? source : 'message';
  return { id: typeof sourceId === 'string' ? sourceId : name, name };
}
