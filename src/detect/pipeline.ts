import type { ModelInfo } from '../contract/detector';
import type { FrameInfo } from '../contract/frame';
import type { ModelManifest } from '../contract/manifest';
import type { GoldenAnswer } from '../contract/self-test';
import type { Tiling } from '../contract/tiling';
import { decodeAndLetterbox } from '../image/letterbox';
import type { Letterboxed } from '../image/letterbox-geometry';
import { decodeTiles, TiledPicture } from '../image/tiles';
import { ModelRunner, type Inferred, type InferOptions, type RunnerOptions } from './model-runner';
import { inferTiles, type TiledInferred } from './tiled';
import type { NmsOptions } from './nms';
import { prepareModel, type PrepareOptions } from './prepare-model';

export { DEFAULT_CONFIDENCE, limitsOf, MAX_CANDIDATES, type Inferred, type InferOptions } from './model-runner';

export type PipelineOptions = RunnerOptions & Omit<PrepareOptions, 'memoryMapped'>;

/**
 * One model from picture to candidates, in this process: prepare (asynchronous, thread pool) → infer (blocks the thread).
 * The two halves are apart so that the picture of the next frame is decoded while this one is inferred.
 */
export class Pipeline {
  private constructor(private readonly runner: ModelRunner) {}

  /**
   * Loads, verifies and warms up a model; one that has golden pictures proves on them that it computes what was certified.
   *
   * @param modelPath an .onnx file or a model folder
   * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED, SELF_TEST_FAILED
   */
  static async open(modelPath: string, options: PipelineOptions = {}): Promise<Pipeline> {
    const { kernels, selfTest, ...ofRunner } = options;
    return new Pipeline(await ModelRunner.open(await prepareModel(modelPath, { kernels, selfTest }), ofRunner));
  }

  get manifest(): ModelManifest {
    return this.runner.manifest;
  }

  get info(): ModelInfo {
    return this.runner.info;
  }

  /** What the integer kernels under this model do with large sums. */
  get kernels(): ModelInfo['kernels'] {
    return this.runner.kernels;
  }

  /** What the model says of one picture of its input size, raw and decoded: what a self-test compares. */
  answer(pixels: Uint8Array, confidence: number): Promise<GoldenAnswer> {
    return this.runner.answer(pixels, confidence);
  }

  /** Decodes and letterboxes a picture for this model. @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE */
  prepare(image: Uint8Array, frame?: Partial<FrameInfo>): Promise<Letterboxed> {
    return decodeAndLetterbox(image, frame, this.manifest.input);
  }

  /** As prepare, cut into tiles where more than one is needed. @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE */
  prepareTiles(
    image: Uint8Array,
    frame: Partial<FrameInfo> | undefined,
    tiling: Tiling | undefined,
  ): Promise<Letterboxed | TiledPicture> {
    return tiling ? decodeTiles(image, frame, this.manifest.input, tiling) : this.prepare(image, frame);
  }

  /** Runs the model on a prepared picture and decodes its answer. */
  infer(prepared: Letterboxed, options?: InferOptions): Promise<Inferred> {
    return this.runner.infer(prepared, options);
  }

  /** Runs the model on a prepared picture, or on each of its tiles. @param options those of NMS are for doubles within a tile */
  async inferTiles(
    prepared: Letterboxed | TiledPicture,
    options: InferOptions & Partial<NmsOptions> = {},
  ): Promise<Inferred | TiledInferred> {
    if (!(prepared instanceof TiledPicture)) return this.infer(prepared, options);
    // one beside the one that is inferred is being cut
    return inferTiles(prepared, { infer: (tile) => this.infer(tile, options), atOnce: 2, nms: options });
  }

  /** Gives the model's memory back. */
  close(): Promise<void> {
    return this.runner.close();
  }
}
