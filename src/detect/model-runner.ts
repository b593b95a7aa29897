import type { Detection } from '../contract/detection';
import type { ModelInfo } from '../contract/detector';
import type { HeadLayout, ModelManifest, Precision } from '../contract/manifest';
import type { ScoreMap } from '../contract/score-map';
import type { GoldenAnswer, SelfTestState } from '../contract/self-test';
import { letterboxGeometry, type Letterboxed } from '../image/letterbox-geometry';
import { discard } from '../kit/own-memory';
import { RT_DETR_DECODER } from '../model/export-hints';
import { YOLOX_INPUT } from '../model/yolox-input';
import { MAPPED } from '../model/nameless-model';
import { createRuntimeSession, Tensor, type RuntimeSession } from '../model/runtime';
import { CandidateList } from './candidates';
import { headOf, recogniseHead } from './heads';
import { assertDescribed } from './heads/described';
import { doubtOf, implausible } from './heads/plausible';
import type { Head } from './heads/head';
import { nms } from './nms';
import type { PreparedModel } from './prepare-model';
import { askGoldenPictures } from './self-test/ask';
import { summariesOf } from './self-test/summary';
import { toSource } from './to-source';

/** Candidates handed on per frame at most: a flood (threshold 0, a broken model) must not fill the RAM. */
export const MAX_CANDIDATES = 1000;

/** Threshold where neither the request nor the manifest has one; the default of Ultralytics' predict. */
export const DEFAULT_CONFIDENCE = 0.25;

/** Precisions whose graphs add integers. */
const INTEGERS: ReadonlySet<Precision> = new Set(['int8', 'mixed']);

export interface RunnerOptions {
  /** Intra-op threads, ≥ 1. Default 1. */
  threads?: number;
  spinning?: boolean;
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
 * A prepared model that runs in this thread: pixels of its input size in, candidates out. A thread that only runs a model has
 * only this in memory; decoders of pictures and readers of model files (10 MB) stay where the model was prepared.
 */
export class ModelRunner {
  private constructor(
    readonly manifest: ModelManifest,
    private readonly session: RuntimeSession,
    private readonly prepared: Pick<PreparedModel, 'inputName' | 'kernels'>,
    private readonly head: Head,
    private readonly selfTest: SelfTestState,
  ) {}

  /**
   * Loads and warms up a model; one that has golden pictures proves on them that it computes what was certified.
   *
   * @param model its bytes and golden pictures are empty afterwards, where memory can be given back by hand
   * @throws InspectionError MODEL_INVALID, MODEL_UNSUPPORTED, SELF_TEST_FAILED
   */
  static async open(model: PreparedModel, options: RunnerOptions = {}): Promise<ModelRunner> {
    const { inputName, golden } = model;
    const { input } = model.manifest;
    const session = await openSession(model, options);
    // the session has copies of its own
    discard([model.bytes]);
    try {
      if (golden && isWhole(model.manifest)) {
        // the golden pictures are the first run that allocates the arena, too
        const runner = new ModelRunner(model.manifest, session, model, headOf(model.manifest.head.layout), 'passed');
        await askGoldenPictures(runner, golden);
        return runner;
      }
      // The first run allocates the arena and tells the real output shapes, which decide the layout of a bare model.
      const grey = new Uint8Array(input.width * input.height * 3).fill(114);
      const outputs = await session.run({ [inputName]: pixelTensor(grey, input) });
      const manifest = isWhole(model.manifest)
        ? asDescribed(model.manifest, outputs)
        : withHead(model.manifest, outputs);
      const runner = new ModelRunner(manifest, session, model, headOf(manifest.head.layout), 'none');
      // decoded as well: numbers that are none are found before the first part comes; gives the outputs' memory back
      runner.#decode(outputs, { ...runner.#asItIs(), pixels: grey }, {});
      discard([grey]);
      return runner;
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
    return INTEGERS.has(this.manifest.precision) ? this.prepared.kernels.kernels : 'float';
  }

  /** What the model says of one picture of its input size, raw and decoded: what a self-test compares. */
  async answer(pixels: Uint8Array, confidence: number): Promise<GoldenAnswer> {
    const outputs = await this.#run(pixels);
    assertDescribed(this.manifest, outputs);
    // before decoding, which gives the outputs' memory back
    const outputSummaries = summariesOf(outputs, this.manifest);
    const { detections } = this.#decode(outputs, { ...this.#asItIs(), pixels }, { confidence });
    return { detections: nms(detections), outputs: outputSummaries };
  }

  /** The geometry of a picture of the model's own size. */
  #asItIs(): Omit<Letterboxed, 'pixels'> {
    const { width, height } = this.manifest.input;
    return letterboxGeometry(width, height, { x: 0, y: 0, width, height }, width, height);
  }

  /** Runs the model on a prepared picture and decodes its answer. */
  async infer(prepared: Letterboxed, options: InferOptions = {}): Promise<Inferred> {
    return this.#decode(await this.#run(prepared.pixels), prepared, options);
  }

  #run(pixels: Uint8Array): Promise<Record<string, Tensor>> {
    return this.session.run({ [this.prepared.inputName]: pixelTensor(pixels, this.manifest.input) });
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

function openSession({ bytes, mapped, kernels }: PreparedModel, options: RunnerOptions): Promise<RuntimeSession> {
  const config = { ...kernels.runtime.config, ...(mapped && MAPPED.config) };
  return createRuntimeSession(mapped?.path ?? bytes, { ...options, ...kernels.runtime, config });
}

function isWhole(manifest: PreparedModel['manifest']): manifest is ModelManifest {
  return manifest.head !== undefined;
}

/** @throws InspectionError MODEL_INVALID, MODEL_UNSUPPORTED where the first answer is not what the manifest says */
function asDescribed(manifest: ModelManifest, outputs: Record<string, Tensor>): ModelManifest {
  assertDescribed(manifest, outputs);
  const { head, input, classNames } = manifest;
  const doubt = doubtOf(head.layout, outputs, { classCount: classNames.length, input });
  if (doubt !== undefined) throw implausible(head.layout, doubt);
  return manifest;
}

/** Letterboxed pixels as they are, without a copy. */
function pixelTensor(pixels: Uint8Array, { width, height }: { width: number; height: number }): Tensor {
  return new Tensor('uint8', pixels, [1, height, width, 3]);
}

/** What the file itself must say of layouts that numbers do not tell from others. */
function doubtOfHints(layout: HeadLayout, { recipe }: Pick<ModelManifest, 'recipe'>): string | undefined {
  if (layout === 'yolox' && recipe?.['input'] !== YOLOX_INPUT) {
    return 'the distances of a YOLOX without its Focus stem, whose picture input is not known';
  }
  if (layout === 'rt-detr-list' && recipe?.['decoder'] !== RT_DETR_DECODER) {
    return 'boxes as shares of the picture, of which nothing says whether they are corners or centres';
  }
  return undefined;
}

/** Completes the description of a bare model by what its first run showed. */
function withHead(manifest: Omit<ModelManifest, 'head'>, outputs: Record<string, Tensor>): ModelManifest {
  const known = manifest.classNames.length > 0 ? manifest.classNames.length : undefined;
  const shapes = Object.entries(outputs).map(([name, { dims }]) => ({ name, dims }));
  const { input } = manifest;
  const { head, classCount } = recogniseHead(
    shapes,
    known,
    input,
    (layout, classes) => doubtOfHints(layout, manifest) ?? doubtOf(layout, outputs, { classCount: classes, input }),
  );
  return {
    ...manifest,
    head: { layout: head.layout },
    // A model that came without names gets numbers: borrowed names would be wrong on every alert.
    classNames: known ? manifest.classNames : Array.from({ length: classCount }, (_, index) => `class ${index}`),
  };
}
