import { performance } from 'node:perf_hooks';
import { annotateImage } from '../image/annotate';
import { cutPicture } from '../image/cut';
import { PART_NOT_FOUND, type AlignRequest } from '../contract/alignment';
import { InspectionError } from '../contract/errors';
import { alignPart } from '../detect/align/align-part';
import { DEFAULT_CONFIDENCE } from '../detect/model-runner';
import { inferTiles } from '../detect/tiled';
import { decodeAndLetterbox } from '../image/letterbox';
import { decodeTiles, TiledPicture } from '../image/tiles';
import type { Letterboxed } from '../image/letterbox-geometry';
import { measurePicture } from '../image/picture-measures';
import type { Inference } from './inference';
import type { DetectValue, OperationName, Operations } from './protocol';

/** What an operation makes: the value of its answer, and bytes beside it if it makes any. */
interface Made<Name extends OperationName> {
  value: Operations[Name]['value'];
  bytes?: Uint8Array;
}

/** Does one operation in the detector process. Rejects with an InspectionError that becomes this request's answer. */
export type Operation<Name extends OperationName> = (
  args: Operations[Name]['args'],
  payload: Uint8Array,
  inference: Inference,
  onProgress: () => void,
) => Promise<Made<Name>>;

/** Any row of the table, for the one place that does not know which. */
export type AnyOperation = (
  args: never,
  payload: Uint8Array,
  inference: Inference,
  onProgress: () => void,
) => Promise<Made<OperationName>>;

async function detect(
  args: Operations['detect']['args'],
  image: Uint8Array,
  inference: Inference,
  onProgress: () => void,
): Promise<Made<'detect'>> {
  if (args.align === undefined) return detectIn(args, image, inference, onProgress);
  const { align, ...rest } = args;
  const start = performance.now();
  const found = await alignPart(image, rest.frame, align);
  const alignMs = performance.now() - start;
  if (found === undefined) {
    return { value: await absentPart(image, rest, align, { inference, decodeMs: alignMs }) };
  }
  const { part, toFrame, alignment, size } = found;
  const frame = { format: 'rgb24' as const, width: part.width, height: part.height };
  const { value, bytes } = await detectIn({ ...rest, frame }, part.pixels, inference, onProgress);
  const detections = value.detections.map((detection) => toFrame(detection));
  const decodeMs = value.decodeMs + alignMs;
  return { value: { ...value, detections, image: size, alignment, decodeMs }, ...(bytes && { bytes }) };
}

/** A picture without the part: a detection that fails it, where that is wanted. @throws InspectionError PART_NOT_FOUND */
async function absentPart(
  image: Uint8Array,
  { frame, confidence }: Operations['detect']['args'],
  { notFound }: AlignRequest,
  { inference, decodeMs }: { inference: Inference; decodeMs: number },
): Promise<DetectValue> {
  if (notFound !== 'fail') {
    throw new InspectionError('PART_NOT_FOUND', 'The picture does not show the part that was taught as reference');
  }
  const { input } = inference.model;
  const whole = await decodeAndLetterbox(image, { ...frame, region: undefined }, input);
  const size = { width: whole.sourceWidth, height: whole.sourceHeight };
  const box = { x: 0, y: 0, ...size };
  const least = confidence ?? inference.model.thresholds?.confidence ?? DEFAULT_CONFIDENCE;
  return {
    detections: [{ label: PART_NOT_FOUND, classId: -1, confidence: 1, box }],
    image: size,
    picture: measurePicture(whole, input.width),
    confidence: least,
    ...{ decodeMs, inferMs: 0 },
  };
}

async function detectIn(
  { frame, confidence, scores, tiling }: Operations['detect']['args'],
  image: Uint8Array,
  inference: Inference,
  onProgress: () => void,
): Promise<Made<'detect'>> {
  const start = performance.now();
  const { input } = inference.model;
  const prepared = tiling
    ? await decodeTiles(image, frame, input, tiling)
    : await decodeAndLetterbox(image, frame, input);
  // before the pixels go to the threads that infer
  const picture = prepared instanceof TiledPicture ? prepared.measure() : measurePicture(prepared, input.width);
  const decodeMs = performance.now() - start;
  if (prepared instanceof TiledPicture) {
    const infer = async (tile: Letterboxed) => (await inference.infer(tile, { confidence })).inferred;
    // every lane has a tile, and the next one is cut meanwhile
    const found = await inferTiles(prepared, { infer, atOnce: inference.laneCount + 1, onTile: onProgress });
    const inferMs = performance.now() - start - decodeMs;
    return { value: { ...found, picture, decodeMs, inferMs, ...(scores && { scores: null }) } };
  }
  const { inferred, inferMs } = await inference.infer(prepared, { confidence, scores });
  const { scores: map, ...found } = inferred;
  if (!map) return { value: { ...found, picture, decodeMs, inferMs, ...(map === null && { scores: null }) } };
  const { values, ...shape } = map;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { value: { ...found, picture, decodeMs, inferMs, scores: shape }, bytes };
}

async function annotate(drawing: Operations['annotate']['args'], image: Uint8Array): Promise<Made<'annotate'>> {
  const { jpeg, width, height } = await annotateImage(image, drawing);
  return { value: { width, height }, bytes: jpeg };
}

async function cut(request: Operations['cut']['args'], image: Uint8Array): Promise<Made<'cut'>> {
  const { jpeg, area } = await cutPicture(image, request);
  return { value: { area }, bytes: jpeg };
}

/** One row per operation of the protocol. */
export const OPERATIONS: { [Name in OperationName]: Operation<Name> } = { detect, annotate, cut };
