import type { ModelManifest } from './manifest';

/** `manifest.json`'s certificate: what was measured on pictures that calibration did not see. */
export interface Certificate {
  passed: boolean;
  /** One sentence: the reason for a refusal, or what was shown. */
  verdict: string;
  /** `labels`: recall of labelled things. `agreement`: of what the float model reports. */
  basis: 'labels' | 'agreement';
  images: number;
  /** Confidence at which things count as found. */
  confidence: number;
  /** Points of recall that a class may lose. */
  allowedLossPoints: number;
  /** How the INT8 model was calculated: never with kernels that saturate, whatever machine made it. */
  arithmetic: 'native integer kernels' | 'non-saturating integer kernels' | 'float, without graph optimizations';
  float: ModelFigures;
  int8: ModelFigures;
  /** All classes taken together. */
  all: ClassRecall;
  classes: ClassRecall[];
  /** Pictures where the models differ most, worst first. */
  worst: { file: string; lost: number; added: number }[];
}

export interface ModelFigures {
  sha256: string;
  sizeBytes: number;
  latencyMs: { p50: number; p90: number };
  /** 0 … 1; only with labels. */
  map50?: number;
  map5095?: number;
}

/** How one class fared on the held-out pictures. */
export interface ClassRecall {
  classId: number;
  label: string;
  /** Things of this class that are there (labels), or that the float model reports (agreement). */
  references: number;
  foundFloat: number;
  foundInt8: number;
  /** Points of 100: recall of the float model minus recall of the INT8 model. */
  lossPoints: number;
  /**
   * `lost`: more than the allowance, beyond chance. `few`: more than the allowance, but so few things that one or two
   * cases at the threshold explain it.
   */
  verdict: 'ok' | 'few' | 'lost';
}

/** What a quantization ended in. */
export interface QuantizeResult {
  /** The model folder; written only when `published`. */
  out: string;
  manifest: ModelManifest;
  certificate: Certificate;
  /** Pictures that could not be decoded, with the reason. */
  skipped: { file: string; reason: string }[];
  /** Whether the model folder was written: only when the certificate passed. */
  published: boolean;
}

/** The end of a quantization from collected frames. */
export interface CalibrationOutcome {
  published: boolean;
  /** The new model folder; only there when published. */
  out: string;
  model: { name: string; version: string; sha256: string; sizeBytes: number };
  certificate: Omit<Certificate, 'classes' | 'worst'>;
}

/** `msg.payload` of model-calibrate when a quantization is over: `ready` when the model was published. */
export interface CalibrationResult extends CalibrationOutcome {
  state: 'ready' | 'refused';
}
