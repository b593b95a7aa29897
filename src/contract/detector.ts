import type { NotInspectedReason } from './verdict';
import type { Detection } from './detection';
import type { ScoreMap } from './score-map';
import type { PictureMeasures } from './picture-measures';
import type { FrameInfo } from './frame';
import type { Alignment, AlignRequest } from './alignment';
import type { TileCount, Tiling } from './tiling';
import type { Kernels, ModelThresholds, Precision } from './manifest';
import type { SelfTestState } from './self-test';

/** Overload policy of a detector's waiting line. `latest`: the oldest waiting frame gives way; `every`: all wait. */
export type Overload = 'latest' | 'every';

export interface DetectorOptions {
  /** Path of an .onnx file or a model folder. */
  model: string;
  /** Threads that inference may use in all; 0: as many as there are cores, at most 4. Default 0. */
  threads?: number;
  /**
   * Frames that are inferred at once; they share the threads. More lanes: more frames per second, more memory, and more time
   * for a frame that comes alone. Default 0: two when inference may use every core, else one.
   */
  lanes?: number;
  /** Frames of one camera that may wait beside the ones in the process. Default 2; `every` ignores it. */
  queueLimit?: number;
  overload?: Overload;
  /** A frame that takes longer than this counts as stuck: the process is ended and started anew. Default 10,000 ms. */
  watchdogMs?: number;
  /** Niceness of the process, 0 … 19: shadows and calibration give way to the line. Default 0. */
  nice?: number;
  /** Whether the runtime maps the model from a private file instead of reading it into memory. Default false. */
  memoryMapped?: boolean;
}

/** What the loaded model is; on every result, so that every alert can be traced. */
export interface ModelInfo {
  name: string;
  version: string;
  sha256: string;
  precision: Precision;
  /** What the runtime's integer kernels do on this processor; `float`: this model has no integers to add. */
  kernels: Kernels | 'float';
  /** Whether its start proved it against golden pictures; `none`: it came without any. */
  selfTest: SelfTestState;
  classNames: string[];
  input: { width: number; height: number };
  /** What the model's folder says it is used with; absent: nothing. */
  thresholds?: ModelThresholds;
}

export interface DetectRequest {
  /** Encoded image (JPEG, PNG, …), or raw RGB when `frame.format` is `rgb24`. */
  image: Uint8Array;
  frame?: Partial<FrameInfo>;
  /** Candidates below this are not returned; 0 … 1. Default: the manifest's, else 0.25. */
  confidence?: number;
  /** Overrides the detector's own overload policy for this frame. */
  overload?: Overload;
  /** Whether the scores of the model's whole grid are wanted with the answer. Default false: they are large. */
  scores?: boolean;
  /** Cuts the picture into tiles that the model looks at one by one; detections are then findings: doubles are removed. */
  tiling?: Tiling;
  /** Finds the part first; a region is then one of the reference picture, and what is not given is the part. */
  align?: AlignRequest;
}

export interface Latency {
  /** Waiting for the process to be free. */
  queue: number;
  /** Decoding, orientation, letterbox. */
  decode: number;
  /** Inference and box decoding; of all tiles together, with cutting and merging them. */
  infer: number;
  /** From detect() to the answer. */
  total: number;
}

export type DetectOutcome =
  | {
      inspected: true;
      /** Candidates above the threshold, before NMS, by falling confidence; pixels of the upright source image. */
      detections: Detection[];
      /** Size of the upright source image, pixels. */
      image: { width: number; height: number };
      /** How it is exposed and focused; absent from a detector of an older version. */
      picture?: PictureMeasures;
      /** The threshold that was applied: the request's, else the model's. */
      confidence: number;
      latencyMs: Latency;
      /** Where the picture was cut into more than one. */
      tiles?: TileCount;
      /** Where the part lies, where it was looked for and found. */
      alignment?: Alignment;
      model: ModelInfo;
      threads: number;
      /** Where they were asked for; null: this kind of model has none. */
      scores?: ScoreMap | null;
    }
  | {
      inspected: false;
      reason: NotInspectedReason;
      /** One sentence. */
      detail: string;
      /** Engine error code, where there is one (BAD_IMAGE, IMAGE_TOO_LARGE, …). */
      code?: string;
    };

export type DetectorState = 'starting' | 'ready' | 'restarting' | 'failed' | 'stopped';

export interface DetectorStats {
  state: DetectorState;
  pid: number | undefined;
  /** Frames in the process and waiting. */
  inFlight: number;
  waiting: number;
  /** Since start: frames offered = inspected + notInspected + inFlight + waiting. */
  offered: number;
  inspected: number;
  notInspected: number;
  restarts: number;
  threads: number;
  /** Of the model that runs; undefined while none does. */
  kernels: ModelInfo['kernels'] | undefined;
  /** Resident memory of the process, bytes, and its CPU time since start, ms; undefined when it is not running. */
  rssBytes: number | undefined;
  cpuMs: number | undefined;
}

/**
 * A model in a process of its own. detect() never rejects: every frame is answered exactly once.
 * Implemented in ./detector; tests and the shadow only need this interface.
 */
export interface DetectorLike {
  /** Starts and warms up the process; further calls return the same promise. Rejects with one clear sentence. */
  start(): Promise<ModelInfo>;
  detect(request: DetectRequest): Promise<DetectOutcome>;
  /** Warms up a second process with other threads or another model, then hands over: no frame is lost. */
  reconfigure(change: { threads?: number; model?: string }): Promise<ModelInfo>;
  /** Ends the process within 2 s; frames not answered yet end as NOT_INSPECTED 'stopped'. */
  stop(): Promise<void>;
  stats(): DetectorStats;
}
