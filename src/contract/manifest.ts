/** Numeric precision of a model's weights and activations. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'mixed';

/**
 * What integer kernels do with large sums. `exact`: the answers are those of the certificate. `saturating`: sums of 16 bits
 * are cut off, answers are wrong without any error; see docs/targets.md.
 */
export type Kernels = 'exact' | 'saturating';

export type InputLayout = 'nchw' | 'nhwc';
export type InputType = 'float32' | 'uint8';

/** Names of the entries in the decoder table of src/detect; `cut-*` are raw heads decoded in the engine. */
export type HeadLayout =
  'yolov8' | 'yolov5' | 'end-to-end' | 'rt-detr' | 'rt-detr-list' | 'yolox' | 'cut-yolov8' | 'cut-yolov5';

/**
 * `manifest.json` of a model folder; described for others by schemas/model-manifest.schema.json.
 * Everything a detector needs to run the model, and everything an auditor needs to trace it.
 */
export interface ModelManifest {
  manifestVersion: 1;
  name: string;
  /** The model's own version, SemVer or a date. */
  version: string;
  /** SHA-256 of model.onnx, 64 lower-case hex digits. Checked before the file is loaded. */
  sha256: string;
  sizeBytes?: number;
  createdAt?: string;
  precision: Precision;
  input: { width: number; height: number; layout: InputLayout; type: InputType };
  head: {
    layout: HeadLayout;
    /** Pixels per cell of each cut output, in the order of `outputs`. */
    strides?: number[];
    /** Bins per box side of the DFL head (YOLOv8, 11): 16. */
    regMax?: number;
    /** For cut heads: per stride, the names and quantization (real = (q - zeroPoint) * scale) of the raw outputs. */
    outputs?: CutOutput[];
    /** For cut YOLOv5 heads: per stride, anchor sizes in pixels. */
    anchors?: [number, number][][];
  };
  classNames: string[];
  thresholds?: ModelThresholds;
  /** How the file was made: tool, options, calibration set hash. Free form, kept as written. */
  recipe?: Record<string, unknown>;
  /** The model's answers to golden pictures: SHA-256 of self-test.json. Absent: nothing to prove itself by. */
  selfTest?: { sha256: string };
  /** What was measured when it was made; see src/quantize/certificate. */
  certificate?: Record<string, unknown>;
}

/** What a model is used with where nothing else is asked for; 0 … 1. */
export interface ModelThresholds {
  confidence?: number;
  iou?: number;
  /** By class name, instead of `confidence`. */
  perClass?: Record<string, number>;
}

/** One scale of a cut head: the box branch and the class branch (YOLOv8/11), or both in one tensor (YOLOv5). */
export interface CutOutput {
  stride: number;
  box?: CutTensor;
  classes?: CutTensor;
  /** YOLOv5: anchors × (5 + classes) channels. */
  all?: CutTensor;
}

export interface CutTensor {
  name: string;
  layout: InputLayout;
  type: 'float32' | 'uint8' | 'int8';
  /** Absent for float tensors. */
  scale?: number;
  zeroPoint?: number;
}
