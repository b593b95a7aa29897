import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { InspectionError } from '../contract/errors';
import { readDataset, type DatasetImage, type YoloLabel } from '../evaluate/map-dataset';
import { DEFAULT_CONFIDENCE, Pipeline } from '../detect/pipeline';
import { chooseGolden, writeGoldenAnswers } from '../detect/self-test/golden-pictures';
import { actualThreads } from '../detector/options';
import { loadModel, type LoadedModel } from '../model/load-model';
import { kernelsFor } from '../model/kernels';
import type { QuantizeResult } from '../contract/certificate';
import type { ModelManifest } from '../contract/manifest';
import { checkManifest } from '../model/manifest';
import { decodeOnnx, encodeOnnx, type ModelProto } from '../onnx';
import { buildInt8 } from './build';
import { cutSet } from './calibrate/cut-set';
import { parseTiling, type Tiling } from '../contract/tiling';
import { readCalibrationSet, type CalibrationSet } from './calibrate/calibration-set';
import { certify, lowestConfidence, type Certificate } from './certificate/certify';
import { certificateReport } from './certificate/certificate-page';
import { runBoth, type CertificateImage } from './certificate/run';
import { goodParts, thresholdsFor } from './thresholds';
import { describeInt8 } from './describe';
import type { QuantizeOptions } from './options';
import { assertFloatModel, withSize } from './graph/prepare';
import { progressReporter, type Progress, type Step } from './progress';
import { ioError, PendingFolder } from './publish';
import { leaveRefusal, removeRefusal } from './refusal';

export interface QuantizeHooks {
  onProgress?: (progress: Progress) => void;
  /** Stops the work between two pictures; nothing is published. */
  signal?: AbortSignal;
}

export type { QuantizeResult };

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
    if (result.published) {
      await pending.publish();
      await removeRefusal(options.out);
    }
    return result;
  } catch (error) {
    if (hooks.signal?.aborted)
      throw new InspectionError('CANCELLED', 'The quantization was stopped; nothing was written');
    throw error;
  } finally {
    await pending.discard();
  }
}

type LabelsByPath = ReadonlyMap<string, YoloLabel[]>;

interface Labels {
  calibration: LabelsByPath | undefined;
  judging: LabelsByPath | undefined;
}

interface Certifying {
  float: Pipeline;
  loaded: LoadedModel;
  manifest: ModelManifest;
  heldOut: CertificateImage[];
  set: CalibrationSet;
}

function judgedImages({ heldOut }: CalibrationSet, { judging }: Labels): CertificateImage[] {
  return judging ? heldOut.map((image) => ({ ...image, labels: judging.get(image.path) ?? [] })) : heldOut;
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
    const floatManifest = await this.#describeFloat(source, loaded);
    const signal = this.hooks.signal;
    const pictures = await readCalibrationSet(options, signal);
    const { tiling } = this;
    const set = tiling ? await cutSet(pictures, tiling, floatManifest.input, options.samples) : pictures;
    const labels = await this.#labels();
    const heldOut = judgedImages(set, labels);
    const onCalibration = options.labels === undefined ? undefined : labels.calibration;
    const good = await goodParts(options, pictures, onCalibration && (({ path }) => onCalibration.get(path) ?? []));
    this.#progress('preparing', 0);
    const built = await buildInt8(options, loaded, floatManifest, set, {
      threads: this.#threads,
      progress: this.#progress,
      signal,
    });
    this.#progress('writing', 0);
    const manifest = describeInt8(options, floatManifest, built, set);
    await this.#write('model.onnx', built.bytes);
    await this.#write('manifest.json', JSON.stringify(manifest));
    await this.#chooseThresholds(manifest, good);
    const float = await this.#openFloat(source, loaded);
    try {
      return await this.#certify({ float, loaded, manifest, heldOut, set });
    } finally {
      await float.close();
    }
  }

  /** How the detector will cut pictures, and calibration does. */
  get tiling(): Tiling | undefined {
    return parseTiling(this.options.tiles, this.options.tileOverlap);
  }

  /** What the float model is; not kept open: calibration has a session of its own, and a Raspberry Pi 2 GB. */
  async #describeFloat(source: ModelProto, loaded: LoadedModel): Promise<ModelManifest> {
    const float = await this.#openFloat(source, loaded);
    await float.close();
    // a resized model is still the one that was given
    return { ...float.manifest, sha256: loaded.manifest.sha256 };
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

  /** What people labelled on the calibration pictures and on those that judge, by path; undefined: nothing. */
  async #labels(): Promise<Labels> {
    const { labels, calibration, certify: folder, certifyLabels } = this.options;
    const read = async (pictures: string, from: string | undefined) =>
      from === undefined
        ? undefined
        : new Map((await readDataset(pictures, from)).map((image) => [image.path, image.labels] as const));
    const own = await read(calibration, labels);
    return { calibration: own, judging: folder === undefined ? own : await read(folder, certifyLabels) };
  }

  /** Chooses thresholds per class where they are asked for, and writes them into the manifest. */
  async #chooseThresholds(manifest: ModelManifest, good: readonly DatasetImage[]): Promise<void> {
    const percent = this.options.setThresholds;
    if (percent === undefined) return;
    const int8 = await Pipeline.open(this.folder, { threads: this.#threads, kernels: 'exact' });
    try {
      const perClass = await thresholdsFor(int8, good, percent, this.hooks.signal, this.tiling);
      manifest.thresholds = { ...manifest.thresholds, perClass };
      manifest.recipe = { ...manifest.recipe, thresholds: { percent, goodParts: good.length } };
      await this.#write('manifest.json', JSON.stringify(manifest));
    } finally {
      await int8.close();
    }
  }

  async #certify({ float, loaded, manifest, heldOut, set }: Certifying): Promise<QuantizeResult> {
    const { options } = this;
    const { confidence = DEFAULT_CONFIDENCE, perClass: classConfidence } = manifest.thresholds ?? {};
    const int8 = await Pipeline.open(this.folder, { threads: this.#threads, kernels: 'exact' });
    try {
      const results = await runBoth(
        float,
        int8,
        heldOut,
        lowestConfidence({ confidence, classConfidence }),
        (done) => this.#progress('certifying', done),
        this.hooks.signal,
      );
      const certificate = certify({
        results,
        classNames: manifest.classNames,
        confidence,
        classConfidence,
        allowedLossPoints: options.maxRecallLoss,
        arithmetic: (await kernelsFor('exact')).way,
        float: { sha256: loaded.manifest.sha256, sizeBytes: loaded.manifest.sizeBytes ?? loaded.bytes.byteLength },
        int8: { sha256: manifest.sha256, sizeBytes: manifest.sizeBytes! },
      });
      const published = certificate.passed || (certificate.all.references === 0 && options.allowUncertified);
      const complete: ModelManifest = { ...manifest, certificate: { ...certificate } };
      const page = await this.#report(complete, certificate, results);
      if (published) {
        const golden = chooseGolden(
          results.map(({ path, view, int8: { detections } }) => ({ path, view, detections })),
        );
        complete.selfTest = await writeGoldenAnswers(int8, this.folder, golden, certificate.arithmetic);
        checkManifest(JSON.parse(JSON.stringify(complete)), 'manifest.json');
        await this.#write('manifest.json', `${JSON.stringify(complete, null, 2)}\n`);
        await this.#write('class_names.txt', `${manifest.classNames.join('\n')}\n`);
        await this.#write('certificate.html', page);
      }
      const refusal = published ? undefined : await leaveRefusal(options.out, complete, page);
      const { skipped } = set;
      return { out: options.out, manifest: complete, certificate, skipped, published, ...(refusal && { refusal }) };
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
