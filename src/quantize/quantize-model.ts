import type { QuantizeResult } from '../contract/certificate';
import { readOptions, type QuantizeOptions } from './options';
import type { Progress } from './progress';
import { quantize as run } from './quantize';

/** What must be said, and what may be: every option has a default. */
export type QuantizeRequest = Pick<QuantizeOptions, 'model' | 'calibration' | 'out'> & Partial<QuantizeOptions>;

export interface QuantizeCallbacks {
  onProgress?: (progress: Progress) => void;
  /** Stops the work between two pictures; nothing is published. */
  signal?: AbortSignal;
}

/**
 * Float32 model and pictures in, certified INT8 model folder out; see the result's `certificate` for what was shown.
 *
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED, BAD_ARGUMENT, SOURCE_UNAVAILABLE, IO_FAILED,
 *   CANCELLED
 */
export async function quantize(request: QuantizeRequest, callbacks: QuantizeCallbacks = {}): Promise<QuantizeResult> {
  return run(readOptions(request), callbacks);
}
