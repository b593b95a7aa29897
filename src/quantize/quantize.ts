import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, parse } from 'node:path';
import { InspectionError } from '../errors';
import { readDataset } from '../bench/map-dataset';
import { DEFAULT_CONFIDENCE, Pipeline } from '../detect/pipeline';
import { actualThreads } from '../detector/options';
import { loadModel, type LoadedModel } from '../model/load-model';
import type { ModelManifest } from '../model/manifest-types';
import { checkManifest } from '../model/manifest';
import { decodeOnnx, encodeOnnx, GraphEditor, type ModelProto } from '../onnx';
import { withIspLooks } from './augment';
import { calibrate, channelMeans, shapesOf, type CalibrationReader } from './calibrate';
import { readCalibrationSet, type CalibrationSet } from './calibration-set';
import { AGREEMENT_TOLERANCE, certify, type Certificate } from './certificate/certify';
import { certificateReport } from './certificate/report';
import { runBoth, type CertificateImage } from './certificate/run';
import { findCut, manifestHead, type CutHead } from './cut-heads';
import { splitHead } from './head';
import { valuesToAverage } from './levers/bias-correction';
import { sensitivities } from './levers/sensitivity';
import { repeatPixels } from './optimize/upsample';
import type { QuantizeOptions } from './options';
import { assertFloatModel, prepareFloatModel, withSize } from './prepare';
import { progressReporter, type Progress, type Step } from './progress';
import { ioError, PendingFolder } from './publish';
import { pictureReader } from './reader';
import { planModel, rewriteModel, type RewriteOptions, type Rewritten } from './rewrite';
import { TARGET_RULES } from './targets';

export interface QuantizeHooks {
  onProgress?: (progress: Progress) => void;
  /** Stops the work between two pictures; nothing is published. */
  signal?: AbortSignal;
}

export interface QuantizeResult {
  out: string;
  manifest: ModelManifest;
  certificate: Certificate;
  skipped: CalibrationSet['skipped'];
  /** Whether the model folder was written: only when the certificate passed. */
  published: boolean;
}

/**
 * Float32 model and pictures in, certified INT8 model folder out. The folder appears whole or not at all.
 *
 * @param options see readOptions
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED (not a float detection model), BAD_ARGUMENT,
 *   SOURCE_UNAVAILABLE, IO_FAILED, CANCELLED
 */
export async function quantize(options: QuantizeOptions, hooks: QuantizeHooks = {}): Promise<QuantizeResult> {
  const pending = await PendingFolder.create(options.out);
  try {
    hooks.signal?.throwIfAborted();
    const result = await new Quantization(options, hooks, pending.path).run();
    hooks.signal?.throwIfAborted();
    if (result.published) await pending.publish();
    return result;
  } catch (error) {
    if (hooks.signal?.aborted)
      throw new InspectionError('CANCELLED', 'The quantization was stopped; nothing was written');
    throw error;
  } finally {
    await pending.discard();
  }
}

class Quantization {
  readonly #threads: number;
  readonly #progress: (step: Step, share: number) => void;

  constructor(
    private readonly options: QuantizeOptions,
    private readonly hooks: QuantizeHooks,
    private readonly folder: string,
  ) {
    this.#threads = actualThreads(options.threads);
    this.#progress = progressReporter(hooks.onProgress ?? (() => {}));
  }

  async run(): Promise<QuantizeResult> {
    const { options } = this;
    this.#progress('reading', 0);
    const loaded = await loadModel(options.model);
    const source = decodeOnnx(loaded.bytes, options.model);
    assertFloatModel(source, options.model);
    const float = await this.#openFloat(source, loaded);
    try {
      const signal = this.hooks.signal;
      const set = await readCalibrationSet(options.calibration, options.samples, options.holdOut, signal);
      const heldOut = await this.#withLabels(set);
      this.#progress('preparing', 0);
      // a resized model is still the one that was given
      const floatManifest = { ...float.manifest, sha256: loaded.manifest.sha256 };
      const built = await this.#build(loaded, floatManifest, set);
      this.#progress('writing', 0);
      const manifest = this.#manifest(floatManifest, built, set);
      await this.#write('model.onnx', built.bytes);
      await this.#write('manifest.json', JSON.stringify(manifest));
      return await this.#certify(float, loaded, manifest, heldOut, set);
    } finally {
      await float.close();
    }
  }

  /** The float model at the size asked for. */
  async #openFloat(source: ModelProto, loaded: LoadedModel): Promise<Pipeline> {
    const { model, size } = this.options;
    if (size === undefined) return Pipeline.open(model, { threads: this.#threads });
    const resized = join(this.folder, `${loaded.manifest.name}.onnx`);
    await this.#write(basename(resized), encodeOnnx(withSize(source, loaded.inputName, size)));
    try {
      return await Pipeline.open(resized, { threads: this.#threads });
    } finally {
      await rm(resized);
    }
  }

  /** The INT8 model's bytes, and how its head is to be decoded. */
  async #build(loaded: LoadedModel, manifest: ModelManifest, set: CalibrationSet): Promise<Built> {
    const { options } = this;
    const { inputName } = loaded;
    const input = manifest.input;
    const source = decodeOnnx(loaded.bytes, options.model);
    const prepared = await prepareFloatModel(source, inputName, [1, 3, input.height, input.width]);
    const asTheyAre = (index: number): Promise<Uint8Array> => readFile(set.calibration[index]!.path);
    const pictures = options.augment
      ? withIspLooks(set.calibration.length, asTheyAre)
      : { count: set.calibration.length, load: asTheyAre };
    const reader = this.#cancellable(pictureReader(pictures.count, pictures.load, inputName, input));
    const graph = new GraphEditor(prepared);
    const values = graph.graph.node.flatMap((node) => node.output.filter((value) => value !== ''));
    const shapes = await shapesOf(prepared, values, reader, this.#threads);
    repeatPixels(graph, shapes);
    const head = splitHead(graph);
    const cutContext = { graph, head, shapes, classCount: manifest.classNames.length, inputHeight: input.height };
    const rawHead = findCut(manifest.head.layout, cutContext);
    const cut = options.cutHead ? rawHead : undefined;

    const rewriteOptions: RewriteOptions = {
      inputName,
      inputHeight: input.height,
      inputWidth: input.width,
      ...TARGET_RULES[options.target],
      byteInput: options.byteInput,
      ...(cut && { cut }),
    };
    const plan = planModel(prepared, rewriteOptions);
    if (options.biasCorrection) {
      const averaged = valuesToAverage(plan.nodes);
      rewriteOptions.means = await channelMeans(prepared, averaged, reader, { threads: this.#threads });
    }
    const ranges = await calibrate(prepared, plan.valuesToObserve(), reader, {
      method: options.method,
      threads: this.#threads,
      // a clipped class logit is a confidence that stops at some value below the true one: 0.75 for every sure defect
      unclipped: new Set(
        rawHead?.scales.flatMap(({ classes, all }) => [classes, all].flatMap((raw) => raw?.value ?? [])),
      ),
      onProgress: (done) => this.#progress('calibrating', done),
    });
    const all = plan.rangesOfAll(ranges);
    if (options.floatLayers > 0) {
      const worst = await sensitivities(prepared, all, rewriteOptions, reader, this.#threads);
      // the raw outputs of a cut head are integers
      const free = worst.filter(({ node }) => !cut || !head.lastConvs.some(({ name }) => name === node));
      rewriteOptions.keepFloat = new Set(free.slice(0, options.floatLayers).map(({ node }) => node));
    }
    const rewritten = rewriteModel(prepared, all, rewriteOptions);
    return { ...rewritten, bytes: encodeOnnx(rewritten.model), cut, options: rewriteOptions };
  }

  #cancellable(reader: CalibrationReader): CalibrationReader {
    const { signal } = this.hooks;
    return {
      count: reader.count,
      async *read() {
        for await (const feeds of reader.read()) {
          signal?.throwIfAborted();
          yield feeds;
        }
      },
    };
  }

  async #withLabels({ heldOut }: CalibrationSet): Promise<CertificateImage[]> {
    const { labels, calibration } = this.options;
    if (labels === undefined) return heldOut;
    const dataset = new Map((await readDataset(calibration, labels)).map((image) => [image.path, image.labels]));
    return heldOut.map((image) => ({ ...image, labels: dataset.get(image.path) ?? [] }));
  }

  #manifest(float: ModelManifest, built: Built, set: CalibrationSet): ModelManifest {
    const { options } = this;
    const { activationType, byteInput } = built.options;
    const createdAt = new Date().toISOString();
    const describe = ({ name, value }: { name: string; value: string }) => ({
      name,
      layout: 'nhwc' as const,
      type: activationType,
      ...built.parameters.get(value)!,
    });
    return {
      manifestVersion: 1,
      name: options.name ?? parse(float.name).name,
      version: options.version ?? createdAt.slice(0, 10),
      sha256: sha256Of(built.bytes),
      sizeBytes: built.bytes.byteLength,
      createdAt,
      precision: options.floatLayers > 0 ? 'mixed' : 'int8',
      input: byteInput ? { ...float.input, layout: 'nhwc', type: 'uint8' } : float.input,
      head: built.cut ? manifestHead(built.cut, describe) : float.head,
      classNames: float.classNames,
      ...(float.thresholds && { thresholds: float.thresholds }),
      recipe: this.#recipe(float, set),
    };
  }

  #recipe(float: ModelManifest, set: CalibrationSet): Record<string, unknown> {
    const { method, target, byteInput, cutHead, biasCorrection, floatLayers, augment } = this.options;
    const recipe = { method, target, byteInput, cutHead, biasCorrection, floatLayers, augment };
    return {
      tool: 'edge-inspect quantize',
      ...recipe,
      sha256: sha256Of(Buffer.from(JSON.stringify(recipe))),
      source: { name: float.name, version: float.version, sha256: float.sha256 },
      calibrationSet: {
        images: set.calibration.length,
        sha256: set.sha256,
        heldOut: set.heldOut.length,
        skipped: set.skipped.length,
        duplicates: set.duplicates,
      },
    };
  }

  async #certify(
    float: Pipeline,
    loaded: LoadedModel,
    manifest: ModelManifest,
    heldOut: CertificateImage[],
    set: CalibrationSet,
  ): Promise<QuantizeResult> {
    const { options } = this;
    const confidence = manifest.thresholds?.confidence ?? DEFAULT_CONFIDENCE;
    const int8 = await Pipeline.open(this.folder, { threads: this.#threads });
    try {
      const results = await runBoth(
        float,
        int8,
        heldOut,
        confidence * AGREEMENT_TOLERANCE,
        (done) => this.#progress('certifying', done),
        this.hooks.signal,
      );
      const certificate = certify({
        results,
        classNames: manifest.classNames,
        confidence,
        allowedLossPoints: options.maxRecallLoss,
        float: { sha256: loaded.manifest.sha256, sizeBytes: loaded.bytes.byteLength },
        int8: { sha256: manifest.sha256, sizeBytes: manifest.sizeBytes! },
      });
      const published = certificate.passed || (certificate.all.references === 0 && options.allowUncertified);
      const complete: ModelManifest = { ...manifest, certificate: { ...certificate } };
      if (published) {
        checkManifest(JSON.parse(JSON.stringify(complete)), 'manifest.json');
        await this.#write('manifest.json', `${JSON.stringify(complete, null, 2)}\n`);
        await this.#write('class_names.txt', `${manifest.classNames.join('\n')}\n`);
        await this.#write('certificate.html', await this.#report(complete, certificate, results));
      }
      return { out: options.out, manifest: complete, certificate, skipped: set.skipped, published };
    } finally {
      await int8.close();
    }
  }

  #report(
    manifest: ModelManifest,
    certificate: Certificate,
    results: Parameters<typeof certificateReport>[0]['results'],
  ) {
    return certificateReport({
      modelName: manifest.name,
      version: manifest.version,
      createdAt: manifest.createdAt!,
      certificate,
      recipe: manifest.recipe!,
      results,
    });
  }

  async #write(file: string, content: string | Uint8Array): Promise<void> {
    try {
      await writeFile(join(this.folder, file), content);
    } catch (error) {
      throw ioError(this.options.out, error);
    }
  }
}

interface Built extends Rewritten {
  bytes: Uint8Array;
  cut: CutHead | undefined;
  options: RewriteOptions;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
