import { dirname } from 'node:path';
import { discard } from '../kit/own-memory';
import { kernelsFor, type KernelChoice, type KernelSetting } from '../model/kernels';
import { loadModel, type LoadedModel } from '../model/load-model';
import { PIXELS, putPixelsInFront, takesPixels } from '../model/picture-input';
import { writeNamelessModel, type NamelessModel } from '../model/nameless-model';
import { readSelfTest } from '../model/self-test-files';
import { decodeOnnx, encodeOnnx } from '../onnx';
import type { GoldenQuestions } from './self-test/ask';
import { unpackSelfTest } from './self-test/self-test';

export interface PrepareOptions {
  /** Whether the runtime maps the model from a file of its own instead of reading it; see nameless-model.ts. Default false. */
  memoryMapped?: boolean;
  /** See SessionOptions. */
  kernels?: KernelSetting;
  /** False: does not ask the golden pictures; for making them. Default true. */
  selfTest?: boolean;
}

/**
 * A model read, verified and made ready to be run: everything that ModelRunner needs, and nothing that cannot be handed to
 * another thread.
 */
export interface PreparedModel {
  /** The verified model, taking pixels; empty when it is mapped. */
  bytes: Uint8Array;
  /** Where it is mapped from, when that was asked for. */
  mapped?: NamelessModel;
  /** Of the one input, uint8 [1, height, width, 3]. */
  inputName: string;
  manifest: LoadedModel['manifest'];
  kernels: KernelChoice;
  golden?: GoldenQuestions;
}

/**
 * @param modelPath an .onnx file or a model folder
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_UNSUPPORTED
 */
export async function prepareModel(modelPath: string, options: PrepareOptions = {}): Promise<PreparedModel> {
  const loaded = await loadModel(modelPath);
  const golden = await goldenOf(loaded, options);
  const kernels = await kernelsFor(options.kernels);
  const model = { ...withPixelInput(loaded), manifest: loaded.manifest, kernels, ...(golden && { golden }) };
  if (!options.memoryMapped) return model;
  const mapped = await writeNamelessModel(model.bytes, kernels.runtime);
  discard([model.bytes]);
  return { ...model, bytes: new Uint8Array(0), mapped };
}

/** The golden pictures of a model folder; undefined where there are none, or none are wanted. */
async function goldenOf(
  { file, manifest }: LoadedModel,
  { selfTest }: PrepareOptions,
): Promise<GoldenQuestions | undefined> {
  if (selfTest === false || manifest.head === undefined) return undefined;
  const stored = await readSelfTest(dirname(file), manifest);
  return stored && unpackSelfTest(stored);
}

/** The model as it is when it takes pixels, else with the conversion put in front. */
function withPixelInput({ bytes, file, inputName, manifest }: LoadedModel): { bytes: Uint8Array; inputName: string } {
  if (takesPixels(manifest.input)) return { bytes, inputName };
  const model = decodeOnnx(bytes, file);
  putPixelsInFront(model, inputName, manifest.input);
  const changed = encodeOnnx(model);
  discard([bytes]);
  return { bytes: changed, inputName: PIXELS };
}
