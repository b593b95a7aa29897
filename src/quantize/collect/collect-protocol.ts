import type { FrameInfo } from '../../contract/frame';
import type { CalibrationOutcome } from '../../contract/certificate';
import type { QuantizeOptions } from '../options';
import type { Progress } from '../progress';

/** What is sent to the calibration process. */
export type ToWorker =
  | { type: 'open'; folder: string; similarBits: number; nice: number }
  | { type: 'offer'; image: Uint8Array; frame?: Partial<FrameInfo> }
  | { type: 'quantize'; options: Partial<Record<keyof QuantizeOptions, unknown>> }
  | { type: 'cancel' };

/** What became of an offered frame. */
export type Offered = 'kept' | 'similar' | 'unreadable';

export type { CalibrationOutcome };

/** What the calibration process answers. */
export type FromWorker =
  | { type: 'opened'; collected: number }
  | { type: 'offered'; outcome: Offered; collected: number }
  | { type: 'progress'; progress: Progress }
  | { type: 'quantized'; result: CalibrationOutcome }
  | { type: 'failed'; message: string; code: string };
