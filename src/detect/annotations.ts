import type { Detection } from '../contract/detection';

/** What node-red-node-annotate-image draws. */
export interface Annotation {
  type: 'rect';
  /** x, y, width, height in pixels. */
  bbox: [number, number, number, number];
  label: string;
}

/** Detections as `msg.annotations`: `mousebite 87%`. */
export function toAnnotations(detections: readonly Detection[]): Annotation[] {
  return detections.map(({ label, confidence, box }) => ({
    type: 'rect',
    bbox: [box.x, box.y, box.width, box.height],
    label: `${label} ${Math.round(confidence * 100)}%`,
  }));
}
