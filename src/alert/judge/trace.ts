import { randomUUID } from 'node:crypto';
import type { ImageSize } from './defects';
import { plainText } from './names';

/** Which picture it was: what an alert is traced back by. */
export interface FrameTrace {
  id: string;
  seq: number | null;
  source: string | null;
  capturedAt: string | null;
}

/** Which model judged it. */
export interface ModelTrace {
  name: string;
  version: string | null;
  /** SHA-256 of the model file, 64 hex digits; null when the message did not say. */
  sha256: string | null;
  precision: string | null;
}

/** 0 … 1; null where the message did not say. `minConfidence` is the station's own rule. */
export interface Thresholds {
  confidence: number | null;
  iou: number | null;
  minConfidence: number;
}

export interface ThermalTrace {
  state: string | null;
  tempC: number | null;
}

/** What came with the detections, as far as it was there and usable. Nothing in it can refuse a frame. */
export interface Trace {
  frame: FrameTrace;
  model: ModelTrace | null;
  image: ImageSize | null;
  confidence: number | null;
  iou: number | null;
  thermal: ThermalTrace | null;
  /** From the detector's queue to its answer, ms. */
  latencyMs: number | null;
}

type Loose = Record<string, unknown>;

function record(value: unknown): Loose {
  return typeof value === 'object' && value !== null ? (value as Loose) : {};
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? plainText(value, 128) || null : null;
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function fraction(value: unknown): number | null {
  const read = number(value);
  return read !== null && read >= 0 && read <= 1 ? read : null;
}

function duration(value: unknown): number | null {
  const read = number(value);
  return read !== null && read >= 0 ? read : null;
}

function time(value: unknown): string | null {
  const ms = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function readModel(value: unknown): ModelTrace | null {
  const model = record(value);
  const name = text(model.name);
  if (name === null) return null;
  const sha256 = typeof model.sha256 === 'string' && /^[0-9a-f]{64}$/.test(model.sha256) ? model.sha256 : null;
  return { name, version: text(model.version), sha256, precision: text(model.precision) };
}

function readImage(inference: Loose, frame: Loose): ImageSize | null {
  for (const size of [record(inference.image), frame]) {
    const width = number(size.width) ?? 0;
    const height = number(size.height) ?? 0;
    if (width > 0 && height > 0) return { width, height };
  }
  return null;
}

/** A thermal state as a word, or as `{ state, tempC }`. */
function readThermal(value: unknown): ThermalTrace | null {
  const thermal = typeof value === 'string' ? { state: value } : record(value);
  const state = text(thermal.state);
  const tempC = number(thermal.tempC);
  return state === null && tempC === null ? null : { state, tempC };
}

/**
 * Collects what makes a verdict traceable from `msg.frame` and `msg.inference`. A frame without an id gets one, so that
 * a message from `file in` or `http request` can be found again too.
 */
export function readTrace(frameValue: unknown, inferenceValue: unknown): Trace {
  const frame = record(frameValue);
  const inference = record(inferenceValue);
  const thresholds = record(inference.thresholds);
  const latency = record(inference.latencyMs);
  return {
    frame: {
      id: text(frame.id) ?? randomUUID(),
      seq: number(frame.seq),
      source: text(frame.source),
      capturedAt: time(frame.capturedAt),
    },
    model: readModel(inference.model),
    image: readImage(inference, frame),
    confidence: fraction(thresholds.confidence),
    iou: fraction(thresholds.iou),
    thermal: readThermal(inference.thermal),
    latencyMs: duration(latency.total),
  };
}
