import type { NotInspectedReason } from '../contract/verdict';
import { InspectionError, messageOf, type ErrorCode } from '../contract/errors';
import type { DetectOutcome } from '../contract/detector';

type NotInspectedOutcome = Extract<DetectOutcome, { inspected: false }>;

/** Which reason on the verdict an engine error stands for. */
const REASONS: Partial<Record<ErrorCode, NotInspectedReason>> = {
  BAD_ARGUMENT: 'bad message',
  BAD_IMAGE: 'bad image',
  IMAGE_TOO_LARGE: 'bad image',
  OUT_OF_MEMORY: 'out of memory',
  PART_NOT_FOUND: 'part not found',
  MODEL_NOT_FOUND: 'model not available',
  MODEL_INVALID: 'model not available',
  MODEL_UNSUPPORTED: 'model not available',
  SELF_TEST_FAILED: 'self-test failed',
  DETECTOR_TIMEOUT: 'timeout',
  CANCELLED: 'stopped',
};

export function notInspected(reason: NotInspectedReason, detail: string, code?: ErrorCode): NotInspectedOutcome {
  return { inspected: false, reason, detail, ...(code && { code }) };
}

/** The outcome for anything that went wrong with a frame; what is not known is put down to the process. */
export function notInspectedBecause(error: unknown): NotInspectedOutcome {
  const code = error instanceof InspectionError ? error.code : undefined;
  return notInspected((code && REASONS[code]) ?? 'detector restarted', messageOf(error), code);
}

/** The outcome for a frame that finds no process. @param reason why the last try to have one failed */
export function notInspectedWhileDown(reason: InspectionError | undefined): NotInspectedOutcome {
  if (reason === undefined) return notInspected('detector restarted', 'The detector is being restarted');
  const because = notInspectedBecause(reason);
  return {
    ...because,
    // a frame that was never given to a process did not time out
    reason: because.reason === 'timeout' ? 'detector restarted' : because.reason,
    detail: `The detector is being restarted: ${because.detail}`,
  };
}

/** The outcome for frames of a detector that cannot be had: no model is one reason, one that is not as certified another. */
export function notInspectedForGood({ code, message }: InspectionError): NotInspectedOutcome {
  return notInspected(code === 'SELF_TEST_FAILED' ? 'self-test failed' : 'model not available', message, code);
}
