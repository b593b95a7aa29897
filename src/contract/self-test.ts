import type { Detection } from './detection';

/** Names of the two files of a model folder's self-test. */
export const SELF_TEST_FILE = 'self-test.json';
export const SELF_TEST_SHEET = 'self-test.png';

/**
 * `self-test.json` of a model folder, described for others by schemas/self-test.schema.json: what the model answered to a
 * few golden pictures when its certificate was made. Every start asks again.
 */
export interface SelfTest {
  selfTestVersion: 1;
  /** SHA-256 of self-test.png: the golden pictures below one another, each of the size of the model's input. */
  sheetSha256: string;
  /** SHA-256 of the model.onnx that answered. */
  modelSha256: string;
  /** How the answers were calculated. */
  arithmetic: string;
  /** Size of one golden picture, pixels. */
  input: { width: number; height: number };
  /** Confidence from which detections are listed, 0 … 1. */
  confidence: number;
  /** One per golden picture, from top to bottom. */
  answers: GoldenAnswer[];
}

export interface GoldenAnswer {
  /** After NMS, by falling confidence; pixels of the golden picture. */
  detections: Detection[];
  /** Every raw output of the model. */
  outputs: OutputSummary[];
}

/** A raw output in a few numbers: any change of the weights or of the arithmetic that matters shows in them. */
export interface OutputSummary {
  name: string;
  type: string;
  dims: number[];
  /** Mean over the grid per channel, in the output's own units (steps, for integers). */
  means: number[];
  /** Standard deviation over the grid per channel. */
  deviations: number[];
}

/** What a start found out: `none` for a model without golden pictures, a bare .onnx above all. */
export type SelfTestState = 'passed' | 'none';
