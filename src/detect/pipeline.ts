import type { FrameInfo } from '../frame/frame';
import { decodeAndLetterbox, type Letterboxed } from '../frame/letterbox';
import { loadModel } from '../model/load-model';
import type { ModelManifest } from '../model/manifest-types';
import { openPictureTensor, type PictureTensor } from '../model/picture-tensor';
import { ModelSession } from '../model/session';
import type { ModelInfo } from '../detector/api';
import { CandidateList } from './candidates';
import type { Detection } from './detection';
import { headOf, recogniseHead } from './heads';
import type { Head } from './heads/head';
import { toSource } from './to-source';

/** Candidates handed on per frame at most: a flood (threshold 0, a broken model) must not fill the RAM. */
export const MAX_CANDIDATES = 1000;

/** Threshold where neither the request nor the manifest has one; the default of Ultralytics' predict. */
export const DEFAULT_CONFIDENCE = 0.25;

export interface PipelineOptions {
  /** Intra-op threads, ≥ 1. Default 1. */
  threads?: number;
  spinning?: boolean;
}

export interface InferOptions {
  /** Candidates at or below this are left out; 0 … 1. Default: the manifest's, else 0.25. */
  confidence?: number;
  /** See DecodeOptions; default false. */
  multiLabel?: boolean;
  maxCandidates?: number;
}

export interface Inferred {
  /** Before NMS, by falling confidence; pixels of the upright source image. */
  detections: Detection[];
  image: { width: number; height: number };
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
    private readonly pictureTensor: PictureTensor,
    private readonly head: Head,
  ) {}

  /**
   * Loads, verifies and warms up a model.
   *
   * @param modelPath an .onnx file or a model folder
   * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED
   */
  static async open(modelPath: string, options: PipelineOptions = {}): Promise<Pipeline> {
    const loaded = await loadModel(modelPath);
    const { input } = loaded.manifest;
    const session = await ModelSession.open(loaded.bytes, options);
    let pictureTensor: PictureTensor | undefined;
    try {
      pictureTensor = await openPictureTensor(input);
      // The first run allocates the arena and tells the real output shapes, which decide the layout of a bare model.
      const grey = new Uint8Array(input.width * input.height * 3).fill(114);
      const outputs = await session.run({ [loaded.inputName]: await pictureTensor.of(grey) });
      const manifest = loaded.manifest.head
        ? (loaded.manifest as ModelManifest)
        : withHead(
            loaded.manifest,
            Object.entries(outputs).map(([name, { dims }]) => ({ name, dims })),
          );
      return new Pipeline(manifest, session, loaded.inputName, pictureTensor, headOf(manifest.head.layout));
    } catch (error) {
      await session.release();
      await pictureTensor?.close();
      throw error;
    }
  }

  get info(): ModelInfo {
    const { name, version, sha256, precision, classNames, input } = this.manifest;
    return { name, version, sha256, precision, classNames, input: { width: input.width, height: input.height } };
  }

  /** Decodes and letterboxes a picture for this model. @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE */
  prepare(image: Uint8Array, frame?: Partial<FrameInfo>): Promise<Letterboxed> {
    return decodeAndLetterbox(image, frame, this.manifest.input);
  }

  /** Runs the model on a prepared picture and decodes its answer. */
  async infer(prepared: Letterboxed, options: InferOptions = {}): Promise<Inferred> {
    const outputs = await this.session.run({ [this.inputName]: await this.pictureTensor.of(prepared.pixels) });
    const candidates = new CandidateList();
    this.head.decode(
      outputs,
      this.manifest,
      {
        confidence: options.confidence ?? this.manifest.thresholds?.confidence ?? DEFAULT_CONFIDENCE,
        multiLabel: options.multiLabel ?? false,
      },
      candidates,
    );
    return {
      detections: toSource(candidates, prepared, this.manifest.classNames, options.maxCandidates ?? MAX_CANDIDATES),
      image: { width: prepared.sourceWidth, height: prepared.sourceHeight },
    };
  }

  /** Gives the model's memory back. */
  async close(): Promise<void> {
    await this.session.release();
    await this.pictureTensor.close();
  }
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
