/** How every part ends: exactly one of these per frame or trigger. */
export const VERDICTS = ['PASS', 'FAIL', 'NOT_INSPECTED'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Why a part was not inspected. The words are part of messages and schemas: add, do not rename. */
export const NOT_INSPECTED_REASONS = [
  'dropped by overload',
  'too hot',
  'camera lost',
  'detector restarted',
  'bad image',
  'bad message',
  'timeout',
  'model not available',
  'self-test failed',
  'stopped',
  'golden check due',
  'out of memory',
  'part not found',
] as const;
export type NotInspectedReason = (typeof NOT_INSPECTED_REASONS)[number];

/** `msg.notInspected`: present on a message whose frame could not be inspected, and then its payload is no detections. */
export interface NotInspected {
  reason: NotInspectedReason;
  /** One sentence with what happened. */
  detail: string;
  /** Frames that this one message stands for: those that were due while a camera was paused or lost. Absent: one. */
  count?: number;
}

/** Detail of frames that had to give way while their model was not ready yet: nothing is wrong, nobody is too slow. */
export const STILL_LOADING = 'The model is still loading';
