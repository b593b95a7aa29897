import { readFile } from 'node:fs/promises';
import type { View } from '../../contract/view';
import type { Truth } from '../../evaluate/map';
import { truthsOf, type YoloLabel } from '../../evaluate/map-dataset';
import { EVALUATION } from '../../evaluate/map-evaluate';
import type { Detection } from '../../contract/detection';
import { nms } from '../../detect/nms';
import type { Pipeline } from '../../detect/pipeline';
import type { Letterboxed } from '../../image/letterbox-geometry';
import type { CalibrationImage } from '../calibrate/calibration-set';

/** A held-out picture with its right answers, where there are labels. */
export interface CertificateImage extends CalibrationImage {
  labels?: YoloLabel[];
}

/** What both models say about one picture. */
export interface ImageResult {
  path: string;
  /** What of it was inspected. */
  view?: View | undefined;
  image: { width: number; height: number };
  truths?: Truth[];
  float: ModelResult;
  int8: ModelResult;
}

export interface ModelResult {
  /** After NMS, at the operating threshold's tolerance and above. */
  detections: Detection[];
  /** After NMS with the settings that mAP is measured with; only with labels. */
  forMap: Detection[];
  /** Inference and decoding, ms. */
  inferMs: number;
}

/**
 * Runs both models over the pictures, picture by picture in turn so that both see the same state of the machine.
 *
 * @param confidence lowest confidence that is kept
 */
export async function runBoth(
  float: Pipeline,
  int8: Pipeline,
  images: readonly CertificateImage[],
  confidence: number,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<ImageResult[]> {
  const results: ImageResult[] = [];
  for (const { path, labels, view } of images) {
    signal?.throwIfAborted();
    const bytes = await readFile(path);
    const prepared = await float.prepare(bytes, view);
    const image = { width: prepared.sourceWidth, height: prepared.sourceHeight };
    results.push({
      ...{ path, view, image },
      ...(labels && { truths: truthsOf(labels, image, view) }),
      float: await runOne(float, prepared, confidence, labels !== undefined),
      int8: await runOne(int8, prepared, confidence, labels !== undefined),
    });
    onProgress(results.length / images.length);
  }
  return results;
}

async function runOne(
  pipeline: Pipeline,
  prepared: Letterboxed,
  confidence: number,
  forMap: boolean,
): Promise<ModelResult> {
  const start = performance.now();
  const { detections } = await pipeline.infer(prepared, { confidence });
  const inferMs = performance.now() - start;
  return {
    detections: nms(detections),
    inferMs,
    forMap: forMap ? nms((await pipeline.infer(prepared, EVALUATION)).detections, EVALUATION) : [],
  };
}
