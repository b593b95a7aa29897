import { dirname } from 'node:path';
import type { GoldenAnswer, SelfTestState } from '../contract/self-test';
import type { FrameInfo } from '../contract/frame';
import { decodeAndLetterbox, letterboxGeometry, type Letterboxed } from '../image/letterbox';
import { readSelfTest, type StoredSelfTest } from '../model/self-test-files';
import { loadModel, type LoadedModel } from '../model/load-model';
import type { ModelManifest, Precision } from '../contract/manifest';
import { PIXELS, putPixelsInFront, takesPixels } from '../model/picture-input';
import { ModelSession, Tensor, type SessionOptions } from '../model/session';
import { decodeOnnx, encodeOnnx } from '../onnx';
import type { ModelInfo } from '../contract/detector';
import { CandidateList } from './candidates';
import type { Detection } from '../contract/detection';
import { headOf, recogniseHead } from './heads';
import type { Head } from './heads/head';
import { discard } from '../kit/own-memory';
import type { ScoreMap } from '../contract/score-map';
import { nms } from './nms';
import { runSelfTest } from './self-test/self-test';
import { summariesOf } from './self-test/summary';
import { toSource } from './to-source';

/** Candidates handed on per frame at most: a flood (threshold 0, a broken model) must not fill the RAM. */
export const MAX_CANDIDATES = 1000;

/** Threshold where neither the request nor the manifest has one; the default of Ultralytics' predict. */
export const DEFAULT_CONFIDENCE = 0.25;

/** Precisions whose graphs add integers. */
const INTEGERS: ReadonlySet<Precision> = new Set(['int8', 'mixed']);

export interface PipelineOptions {
  /** Intra-op threads, ≥ 1. Default 1. */
  threads?: number;
  spinning?: boolean;
  /** See SessionOptions. */
  kernels?: SessionOptions['kernels'];
  /** False: does not ask the golden pictures; for making them. Default true. */
  selfTest?: boolean;
}

export interface InferOptions {
  /** Candidates at or below this are left out; 0 … 1. Default: the manifest's, per class where it has them, else 0.25. */
  confidence?: number;
  /** See DecodeOptions; default false. */
  multiLabel?: boolean;
  maxCandidates?: number;
  /** Whether the scores of the whole grid are wanted beside the candidates; default false. */
  scores?: boolean;
}

export interface Inferred {
  /** Before NMS, by falling confidence; pixels of the upright source image. */
  detections: Detection[];
  image: { width: number; height: number };
  /** Where they were asked for; null: this kind of head has none. */
  scores?: ScoreMap | null;
  /** What was applied: candidates below it are not among the detections. */
  confidence: number;
}

/**
 * One model from picture to candidates, in this process: prepare (asynchronous, thread pool) → infer (blocks the thread).
 * The two halves are apart so that the picture of the next frame is decoded while this one is inferred.
 */
export class Pipeline {
  private constructor(
    readonly manifest: ModelManifest,
    private readonly session: ModelSession,
    private readonly inputName: string,
    private readonly head: Head,
    private readonly selfTest: SelfTestState,
  ) {}

  /**
   * Loads, verifies and warms up a model; one that has golden pictures proves on them that it computes what was certified.
   *
   * @param modelPath an .onnx file or a model folder
   * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED, SELF_TEST_FAILED
   */
  static async open(modelPath: string, options: PipelineOptions = {}): Promise<Pipeline> {
    const loaded = await loadModel(modelPath);
    const { input } = loaded.manifest;
    const { bytes, inputName } = withPixelInput(loaded);
    const { selfTest: _selfTest, ...ofSession } = options;
    const session = await ModelSession.open(bytes, ofSession);
    try {
      const stored = await storedSelfTest(loaded, options);
      if (stored) {
        // the golden pictures are the first run that allocates the arena, too
        const manifest = loaded.manifest as ModelManifest;
        const pipeline = new Pipeline(manifest, session, inputName, headOf(manifest.head.layout), 'passed');
        await runSelfTest(pipeline, stored);
        return pipeline;
      }
      // The first run allocates the arena and tells the real output shapes, which decide the layout of a bare model.
      const grey = new Uint8Array(input.width * input.height * 3).fill(114);
      const outputs = await session.run({ [inputName]: pixelTensor(grey, input) });
      const manifest = loaded.manifest.head
        ? (loaded.manifest as ModelManifest)
        : withHead(
            loaded.manifest,
            Object.entries(outputs).map(([name, { dims }]) => ({ name, dims })),
          );
      return new Pipeline(manifest, session, inputName, headOf(manifest.head.layout), 'none');
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  get info(): ModelInfo {
    const { name, version, sha256, precision, classNames, thresholds } = this.manifest;
    const { width, height } = this.manifest.input;
    const { kernels, selfTest } = this;
    const input = { width, height };
    return {
      ...{ name, version, sha256, precision, kernels, selfTest, classNames, input },
      ...(thresholds && { thresholds }),
    };
  }

  /** What the integer kernels under this model do with large sums. */
  get kernels(): ModelInfo['kernels'] {
    return INTEGERS.has(this.manifest.precision) ? this.session.kernels : 'float';
  }

  /** What the model says of one picture of its input size, raw and decoded: what a self-test compares. */
  async answer(pixels: Uint8Array, confidence: number): Promise<GoldenAnswer> {
    const { width, height } = this.manifest.input;
    const region = { x: 0, y: 0, width, height };
    const outputs = await this.#run(pixels);
    const asItIs = letterboxGeometry(width, height, region, width, height);
    // before decoding, which gives the outputs' memory back
    const outputSummaries = summariesOf(outputs, this.manifest);
    const { detections } = this.#decode(outputs, { ...asItIs, pixels }, { confidence });
    return { detections: nms(detections), outputs: outputSummaries };
  }

  /** Decodes and letterboxes a picture for this model. @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE */
  prepare(image: Uint8Array, frame?: Partial<FrameInfo>): Promise<Letterboxed> {
    return decodeAndLetterbox(image, frame, this.manifest.input);
  }

  /** Runs the model on a prepared picture and decodes its answer. */
  async infer(prepared: Letterboxed, options: InferOptions = {}): Promise<Inferred> {
    return this.#decode(await this.#run(prepared.pixels), prepared, options);
  }

  #run(pixels: Uint8Array): Promise<Record<string, Tensor>> {
    return this.session.run({ [this.inputName]: pixelTensor(pixels, this.manifest.input) });
  }

  #decode(outputs: Record<string, Tensor>, prepared: Letterboxed, options: InferOptions): Inferred {
    const candidates = new CandidateList();
    const own = limitsOf(this.manifest);
    const confidence = options.confidence ?? own.lowest;
    this.head.decode(outputs, this.manifest, { confidence, multiLabel: options.multiLabel ?? false }, candidates);
    const { classNames } = this.manifest;
    const found = toSource(candidates, prepared, classNames, options.maxCandidates ?? MAX_CANDIDATES);
    const inferred = {
      detections:
        options.confidence === undefined
          ? found.filter(({ classId, confidence }) => confidence >= own.of(classId))
          : found,
      image: { width: prepared.sourceWidth, height: prepared.sourceHeight },
      ...(options.scores && { scores: this.head.scores?.(outputs, this.manifest) ?? null }),
      confidence,
    };
    discard(Object.values(outputs).map(({ data }) => data as Uint8Array));
    return inferred;
  }

  /** Gives the model's memory back. */
  close(): Promise<void> {
    return this.session.release();
  }
}

/** The least confidences that a model brings along: the lowest of all, and that of each class. */
export function limitsOf({ thresholds, classNames }: Pick<ModelManifest, 'thresholds' | 'classNames'>): {
  lowest: number;
  of: (classId: number) => number;
} {
  const common = thresholds?.confidence ?? DEFAULT_CONFIDENCE;
  const perClass = new Map(Object.entries(thresholds?.perClass ?? {}));
  const limits = classNames.map((name) => perClass.get(name) ?? common);
  return {
    lowest: limits.length === 0 ? common : Math.min(...limits),
    of: (classId) => limits[classId] ?? common,
  };
}

/** The golden pictures of a model folder; undefined where there are none, or none are wanted. */
async function storedSelfTest(
  { file, manifest }: LoadedModel,
  { selfTest }: PipelineOptions,
): Promise<StoredSelfTest | undefined> {
  return selfTest === false || manifest.head === undefined ? undefined : readSelfTest(dirname(file), manifest);
}

/** Letterboxed pixels as they are, without a copy. */
function pixelTensor(pixels: Uint8Array, { width, height }: { width: number; height: number }): Tensor {
  return new Tensor('uint8', pixels, [1, height, width, 3]);
}

/** The model as it is when it takes pixels, else with the conversion put in front. */
function withPixelInput({ bytes, file, inputName, manifest }: LoadedModel): { bytes: Uint8Array; inputName: string } {
  if (takesPixels(manifest.input)) return { bytes, inputName };
  const model = decodeOnnx(bytes, file);
  putPixelsInFront(model, inputName, manifest.input);
  return { bytes: encodeOnnx(model), inputName: PIXELS };
}

/** Completes the description of a bare model by what its first run showed. */
function withHead(
  manifest: Omit<ModelManifest, 'head'>,
  outputs: { name: string; dims: readonly number[] }[],
): ModelManifest {
  const known = manifest.classNames.length > 0 ? manifest.classNames.length : undefined;
  const { head, classCount } = recogniseHead(outputs, known, manifest.input);
  return {
    ...manifest,
    head: { layout: head.layout },
    // A model that came without names gets numbers: borrowed names would be wrong on every alert.
    classNames: known ? manifest.classNames : Array.from({ length: classCount }, (_, index) => `class ${index}`),
  };
}
