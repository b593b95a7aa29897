import type { Detection } from '../contract/detection';
import type { ScoreMap } from '../contract/score-map';
import type { ErrorCode } from '../contract/errors';
import type { DrawingRequest } from '../image/annotate';
import type { CutRequest } from '../image/cut';
import type { FrameInfo, Rectangle } from '../contract/frame';
import type { Alignment, AlignRequest } from '../contract/alignment';
import type { TileCount, Tiling } from '../contract/tiling';
import type { PictureMeasures } from '../contract/picture-measures';
import type { ModelInfo } from '../contract/detector';

/**
 * Everything that crosses the border between the host's process and a detector process. Bytes (an image in, an image
 * out) are not part of these types: they travel beside a message as its payload, see framing.ts.
 */

/** What a detector process can do: arguments and answer per operation. The table of doers is in operations.ts. */
export interface Operations {
  /**
   * Payload: an image. Answers with candidates, before NMS; when scores are asked for, its payload is the values of their
   * map, float32 in the byte order of the machine.
   */
  detect: {
    args: { frame?: Partial<FrameInfo>; confidence?: number; scores?: boolean; tiling?: Tiling; align?: AlignRequest };
    value: DetectValue;
  };
  /** Payload: an image. Makes a JPEG with boxes, labels and verdict; answers with its size, pixels. */
  annotate: {
    args: DrawingRequest;
    value: { width: number; height: number };
  };
  /** Payload: an image. Cuts a part out at full resolution, as JPEG; answers with what it shows, pixels of the upright picture. */
  cut: {
    args: CutRequest;
    value: { area: Rectangle };
  };
}

export type OperationName = keyof Operations;

export interface DetectValue {
  detections: Detection[];
  /** Size of the upright source image, pixels. */
  image: { width: number; height: number };
  /** The threshold that was applied. */
  confidence: number;
  picture: PictureMeasures;
  decodeMs: number;
  inferMs: number;
  /** Where the picture was cut; there are no scores then. */
  tiles?: TileCount;
  /** Where the part lies, where it was looked for; absent when it was not found. */
  alignment?: Alignment;
  /** Shape of the map in the payload, where one was asked for; null: this kind of head has none. */
  scores?: Omit<ScoreMap, 'values'> | null;
}

export interface RequestMessage {
  type: 'request';
  id: number;
  operation: OperationName;
  args: Operations[OperationName]['args'];
}

export type ToProcess =
  | {
      type: 'open';
      model: string;
      memoryMapped: boolean;
      /** ≥ 1 */
      threads: number;
      /** ≥ 1 */
      lanes: number;
      /** 0 … 19 */
      nice: number;
    }
  /** Whether the process is there; answered at once. */
  | { type: 'ping' }
  /** The payload is the image, if the operation takes one. */
  | RequestMessage;

export type FromProcess =
  | { type: 'pong' }
  /** A request is not done yet, but a part of it is. */
  | { type: 'progress' }
  /** The model is loaded and has run once. */
  | { type: 'ready'; model: ModelInfo }
  /** The model cannot be used; the process ends after this. */
  | { type: 'failed'; code: ErrorCode; message: string }
  /** The payload is what the operation made, if it makes bytes. */
  | { type: 'result'; id: number; value: Operations[OperationName]['value'] }
  /** This one request failed; the process goes on. */
  | { type: 'error'; id: number; code: ErrorCode; message: string };

/** An operation's answer as the parent sees it. */
export interface Answer<Name extends OperationName> {
  value: Operations[Name]['value'];
  /** Empty for operations that make no bytes. */
  bytes: Uint8Array;
}
