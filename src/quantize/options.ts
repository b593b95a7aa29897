import { expected, InspectionError } from '../contract/errors';
import type { Rectangle, Rotation } from '../contract/frame';
import { DEFAULT_OVERLAP, parseTiling } from '../contract/tiling';
import { parseRegion, parseRotation } from '../contract/view';
import { integerBetween, nonEmptyString, numberBetween, oneOf } from '../contract/validate';
import { METHODS, type Method } from './calibrate/ranges/methods';
import { TARGETS, type Target } from './targets';

export interface QuantizeOptions {
  /** Float32 model: an .onnx or a model folder. */
  model: string;
  /** Folder of pictures from the line. */
  calibration: string;
  /** Model folder to write. */
  out: string;
  /** Calibration pictures used at most; chosen by content, not by name. */
  samples: number;
  method: Method;
  target: Target;
  /** Folder of YOLO labels for the calibration pictures; undefined: agreement with the float model is certified. */
  labels: string | undefined;
  /** Folder of pictures that the certificate is made on; undefined: a share of the calibration pictures. */
  certify: string | undefined;
  /** Folder of YOLO labels for those; undefined: agreement with the float model. */
  certifyLabels: string | undefined;
  /** Of the pictures only this part is inspected, turned like this; what is written beside a picture comes first. */
  region: Rectangle | undefined;
  rotate: Rotation;
  /** `off`, `auto`, or columns x rows: pictures are cut as the detector will cut them. */
  tiles: string;
  /** Share of a tile's side that neighbours have in common, 0 … 0.5. */
  tileOverlap: number;
  /** Points of 100 of the good parts that each class may fail: thresholds per class are chosen so; undefined: not chosen. */
  setThresholds: number | undefined;
  /** Folder of pictures of good parts, which thresholds are chosen on. */
  good: string | undefined;
  /** Share of the pictures that calibration does not see; the certificate is made on them. 0.05 … 0.9 */
  holdOut: number;
  /** Input pixels per side, for models with dynamic axes; undefined: the model's own. */
  size: number | undefined;
  /** uint8 NHWC pixels as input. */
  byteInput: boolean;
  /** End the graph at the raw outputs of the head where the head is known. */
  cutHead: boolean;
  /** Range levers, see levers/index. */
  siluCut: boolean;
  logitCut: boolean;
  /** The last convolutions stay float: raw outputs without any steps. */
  floatOutputs: boolean;
  /** Correct biases by the mean of the weights' rounding error. */
  biasCorrection: boolean;
  /** Number of convolutions that stay float: the most sensitive ones. */
  floatLayers: number;
  /** Percent that a run may take longer for layers that stay float, measured on this machine; undefined: none are looked for. */
  latencyBudget: number | undefined;
  /** Add every calibration picture once more in the look of another camera's image processor. */
  augment: boolean;
  /** Points of recall (0 … 100) that a class may lose. */
  maxRecallLoss: number;
  /** Publish although the held-out pictures show nothing to compare. */
  allowUncertified: boolean;
  /** Intra-op threads of calibration and certificate. */
  threads: number;
  /** Name and version of the new model; defaults: the float model's name, the date. */
  name: string | undefined;
  version: string | undefined;
}

/** Units and meaning: see QuantizeOptions. */
export const QUANTIZE_DEFAULTS = {
  samples: 200,
  method: 'tail',
  target: 'portable',
  labels: undefined,
  certify: undefined,
  certifyLabels: undefined,
  region: undefined,
  rotate: 0,
  tiles: 'off',
  tileOverlap: DEFAULT_OVERLAP,
  setThresholds: undefined,
  good: undefined,
  holdOut: 0.25,
  size: undefined,
  byteInput: true,
  cutHead: true,
  siluCut: true,
  logitCut: true,
  floatOutputs: false,
  biasCorrection: false,
  floatLayers: 0,
  latencyBudget: undefined,
  augment: false,
  maxRecallLoss: 2,
  allowUncertified: false,
  threads: 0,
  name: undefined,
  version: undefined,
} as const satisfies Partial<QuantizeOptions>;

/** Fewer pictures than this say too little about the line. */
export const MIN_CALIBRATION_IMAGES = 8;

const optionalString = (value: unknown, name: string): string | undefined =>
  value === undefined ? undefined : nonEmptyString(value, name);

function flag(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw expected('true or false', name, value);
}

/** How each option is read; an option that is not here is refused. */
const READERS: { [K in keyof QuantizeOptions]: (value: unknown) => QuantizeOptions[K] } = {
  model: (value) => nonEmptyString(value, 'model'),
  calibration: (value) => nonEmptyString(value, 'calibration'),
  out: (value) => nonEmptyString(value, 'out'),
  samples: (value) => integerBetween(value, 'samples', MIN_CALIBRATION_IMAGES, 100_000),
  method: (value) => oneOf(value, 'method', METHODS),
  target: (value) => oneOf(value, 'target', TARGETS),
  labels: (value) => optionalString(value, 'labels'),
  certify: (value) => optionalString(value, 'certify'),
  certifyLabels: (value) => optionalString(value, 'certify-labels'),
  region: (value) => (isRectangle(value) ? value : parseRegion(value)),
  rotate: parseRotation,
  tiles: (value) => {
    parseTiling(value);
    return value as string;
  },
  tileOverlap: (value) => {
    parseTiling('off', value);
    return Number(value);
  },
  setThresholds: (value) =>
    value === undefined || value === '' ? undefined : numberBetween(value, 'set-thresholds', 0, 100),
  good: (value) => optionalString(value, 'good'),
  holdOut: (value) => numberBetween(value, 'hold-out', 0.05, 0.9),
  size: (value) => (value === undefined ? undefined : inputSize(value)),
  byteInput: (value) => flag(value, 'byte-input'),
  cutHead: (value) => flag(value, 'cut-head'),
  siluCut: (value) => flag(value, 'silu-cut'),
  logitCut: (value) => flag(value, 'logit-cut'),
  floatOutputs: (value) => flag(value, 'float-outputs'),
  biasCorrection: (value) => flag(value, 'bias-correction'),
  floatLayers: (value) => integerBetween(value, 'float-layers', 0, 1000),
  latencyBudget: (value) =>
    value === undefined || value === '' ? undefined : numberBetween(value, 'latency-budget', 0, 200),
  augment: (value) => flag(value, 'augment'),
  maxRecallLoss: (value) => numberBetween(value, 'max-recall-loss', 0, 100),
  allowUncertified: (value) => flag(value, 'allow-uncertified'),
  threads: (value) => integerBetween(value, 'threads', 0, 64),
  name: (value) => optionalString(value, 'name'),
  version: (value) => optionalString(value, 'version'),
};

/** As the engine has it: what readOptions gave may be read again. */
function isRectangle(value: unknown): value is Rectangle {
  return typeof value === 'object' && value !== null && 'width' in value;
}

function inputSize(value: unknown): number {
  const size = integerBetween(value, 'size', 32, 4096);
  if (size % 32 === 0) return size;
  throw expected('a multiple of 32 pixels', 'size', value);
}

/**
 * Completes and checks options; numbers may come as strings.
 *
 * @throws InspectionError BAD_ARGUMENT, also for an unknown option
 */
export function readOptions(given: Partial<Record<keyof QuantizeOptions, unknown>>): QuantizeOptions {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(READERS, key)) {
      throw new InspectionError(
        'BAD_ARGUMENT',
        `Expected one of ${Object.keys(READERS).join(', ')} for an option of quantize but received ${JSON.stringify(key)}`,
      );
    }
  }
  const all: Record<string, unknown> = { ...QUANTIZE_DEFAULTS };
  for (const [key, value] of Object.entries(given)) if (value !== undefined) all[key] = value;
  const options = Object.fromEntries(
    Object.entries(READERS).map(([key, read]) => [key, read(all[key])]),
  ) as unknown as QuantizeOptions;
  if (options.certifyLabels !== undefined && options.certify === undefined) {
    throw expected('a folder of pictures as certify', 'certify-labels', options.certifyLabels);
  }
  if (options.setThresholds !== undefined && options.good === undefined && options.labels === undefined) {
    throw expected('pictures of good parts (--good) or labels (--labels)', 'set-thresholds', 'none');
  }
  return options;
}
