import type { TruthBox } from '../contract/frame';
import type { ErrorCode } from '../contract/errors';
import type { LineOptions } from './line';

/** To the worker: draw this part. */
export interface PartRequest {
  id: number;
  options: LineOptions;
  index: number;
}

/** From the worker: the part, its bytes moved and not copied, or why there is none. */
export type PartReply =
  | { id: number; image: Uint8Array; width: number; height: number; truth: TruthBox[] }
  | { id: number; error: { code: ErrorCode; message: string } };
