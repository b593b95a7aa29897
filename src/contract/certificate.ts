import type { ModelManifest } from './manifest';

/** `manifest.json`'s certificate: what was measured on pictures that calibration did not see. */
export interface Certificate {
  /** Nothing is lost, nothing is added, no confidence is squeezed, as far as the pictures can show. */
  passed: boolean;
  /** One sentence: the reason for a refusal, or what was shown. */
  verdict: string;
  /** The name of the rule that judged; its error rates are in docs/quantization.md. */
  rule: 'paired-ramp-1';
  /** `labels`: labelled things are to be kept. `agreement`: what the float model reports. */
  basis: 'labels' | 'agreement';
  images: number;
  /** Confidence at which things count as found; classes may have their own. */
  confidence: number;
  classConfidence?: Record<string, number>;
  /** Points of 100 that a class may lose. */
  allowedLossPoints: number;
  /** How the INT8 model was calculated: never with kernels that saturate, whatever machine made it. */
  arithmetic: 'native integer kernels' | 'non-saturating integer kernels' | 'float, without graph optimizations';
  float: ModelFigures;
  int8: ModelFigures;
  /** All classes taken together. */
  all: ClassVerdict;
  classes: ClassVerdict[];
  squeeze: Squeeze;
  /**
   * What changes for a station at its very thresholds: things that only the float model finds (`lost`), that only INT8 finds
   * (`gained`), and what only INT8 reports beside the things that are there (`added`).
   */
  flips: { lost: number; gained: number; added: number };
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

/** How one class fared on the pictures of the certificate. */
export interface ClassVerdict {
  classId: number;
  label: string;
  /** Things of this class that are there (labels), or that the float model reports (agreement). */
  references: number;
  /** Of them, found at the threshold itself. */
  foundFloat: number;
  foundInt8: number;
  /**
   * `kept`: no more is lost than 10 points, with 95 % confidence. `lost`: more than the allowance, beyond chance. `unknown`:
   * neither can be shown with the things that the pictures hold.
   */
  outcome: 'kept' | 'lost' | 'unknown';
  /** Mean of what was lost on the ramp, points of 100; below 0: gained. */
  lossPoints: number;
  /** With 95 % confidence no more than this is lost, points of 100. */
  atMostPoints: number;
  /** How often a model that loses exactly the allowance would seem to lose this much or more, 0 … 1. */
  chance: number;
  /** `unknown`: things that are missing to call it `kept` if it goes on like this; absent when more would not help. */
  moreNeeded?: number;
  /** What INT8 reports of this class, how many points of 100 of that are new, and whether that is beyond chance. */
  reports: number;
  addedPoints: number;
  adds: boolean;
}

/** Whether INT8 can still be sure: a head whose scores are cut off answers 0.72 where the float model says 0.96. */
export interface Squeeze {
  /** Things of which the float model is surer than 0.8 and that INT8 sees too. */
  things: number;
  /** Median confidence in those of either model; 0 where there are none. */
  float: number;
  int8: number;
  squeezed: boolean;
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
  /** Where the report of a refusal was left. */
  refusal?: RefusalReport;
}

/** Where the report of a refusal is left: beside the model folder that was not written. */
export interface RefusalReport {
  html: string;
  json: string;
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
