import type { QuantizeResult } from '../contract/certificate';
import type { QuantizeOptions } from './options';
import type { Progress } from './progress';

/** What is sent to the quantization's process. */
export type ToApart = { type: 'quantize'; options: QuantizeOptions } | { type: 'cancel' };

/** What it answers. */
export type FromApart =
  | { type: 'progress'; progress: Progress }
  | { type: 'quantized'; result: QuantizeResult }
  | { type: 'failed'; message: string; code: string };
