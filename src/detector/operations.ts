import { performance } from 'node:perf_hooks';
import { annotateImage } from '../image/annotate';
import { cutPicture } from '../image/cut';
import { decodeAndLetterbox } from '../image/letterbox';
import type { Inference } from './inference';
import type { OperationName, Operations } from './protocol';

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
) => Promise<Made<Name>>;

/** Any row of the table, for the one place that does not know which. */
export type AnyOperation = (args: never, payload: Uint8Array, inference: Inference) => Promise<Made<OperationName>>;

async function detect(
  { frame, confidence, scores }: Operations['detect']['args'],
  image: Uint8Array,
  inference: Inference,
): Promise<Made<'detect'>> {
  const start = performance.now();
  const prepared = await decodeAndLetterbox(image, frame, inference.model.input);
  const decodeMs = performance.now() - start;
  const { inferred, inferMs } = await inference.infer(prepared, { confidence, scores });
  const { scores: map, ...found } = inferred;
  if (!map) return { value: { ...found, decodeMs, inferMs, ...(map === null && { scores: null }) } };
  const { values, ...shape } = map;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { value: { ...found, decodeMs, inferMs, scores: shape }, bytes };
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
