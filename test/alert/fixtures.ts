import type { Detection } from '../../src/contract/detection';

/** A detection in the middle of a 640 × 480 picture; give what matters to the test. */
export function detection(change: Partial<Detection> = {}): Detection {
  return {
    label: 'scratch',
    classId: 0,
    confidence: 0.9,
    box: { x: 300, y: 220, width: 40, height: 40 },
    ...change,
  };
}

export const SHA256 = 'ab'.repeat(32);

/** msg.inference as yolo-int8-detect and nms leave it. */
export const INFERENCE = {
  model: { name: 'pcb', sha256: SHA256, precision: 'int8', version: '1.2.0' },
  latencyMs: { queue: 0, decode: 4, infer: 20, total: 25 },
  threads: 2,
  image: { width: 640, height: 480 },
  thresholds: { confidence: 0.25, iou: 0.45 },
};

export const FRAME = { id: 'cam-1-42', seq: 42, source: 'cam-1', capturedAt: '2026-01-02T03:04:05.678Z' };
export const NOW_MS = Date.parse('2026-01-02T03:04:06.000Z');
