import { ModelSession, type Tensor } from '../../../model/session';
import { encodeOnnx, GraphEditor, type ModelProto } from '../../../onnx';
import { withOutputs, type CalibrationReader } from '../../calibrate/calibrate';
import { splitHead } from '../head';
import type { Range } from '../../calibrate/ranges/range';
import { planModel, rewriteModel, type RewriteOptions } from '../rewrite';
import { dequantizedName } from '../write-qdq';

/** Pictures that each layer is tried on: the order of the layers settles after a few. */
const PICTURES = 4;

export interface Sensitivity {
  /** Name of the convolution. */
  node: string;
  /** Squared error of the head's raw outputs by their squared size, with only this layer in integers. */
  error: number;
}

/**
 * How much each convolution alone disturbs the head's raw outputs when it is quantized, worst first: the candidates to
 * stay float. One small run per layer.
 *
 * @param ranges of the values that the whole plan observes
 */
export async function sensitivities(
  prepared: ModelProto,
  ranges: ReadonlyMap<string, Range>,
  options: RewriteOptions,
  reader: CalibrationReader,
  threads: number,
): Promise<Sensitivity[]> {
  const values = splitHead(new GraphEditor(prepared)).lastConvs.map((node) => node.output[0]!);
  const planned = planModel(prepared, options).nodes;
  const expected = await outputsOf(withOutputs(prepared, values), values, reader, threads);
  const found: Sensitivity[] = [];
  for (const { node, family } of planned) {
    if (family !== 'conv') continue;
    const keepFloat = new Set(planned.map((other) => other.node.name).filter((name) => name !== node.name));
    const alone = { ...options, byteInput: false, cut: undefined, keepFloat };
    const { model, parameters } = rewriteModel(prepared, ranges, alone);
    const seen = values.map((value) => (parameters.has(value) ? dequantizedName(value) : value));
    const outputs = await outputsOf(withOutputs(model, seen), seen, reader, threads);
    found.push({ node: node.name, error: relativeError(outputs, expected) });
  }
  return found.sort((a, b) => b.error - a.error);
}

async function outputsOf(
  model: ModelProto,
  values: readonly string[],
  reader: CalibrationReader,
  threads: number,
): Promise<Float32Array[]> {
  const session = await ModelSession.open(encodeOnnx(model), { threads, kernels: 'exact' });
  try {
    const all: Float32Array[] = [];
    let pictures = 0;
    for await (const feeds of reader.read()) {
      const outputs: Record<string, Tensor> = await session.run(feeds);
      for (const value of values) all.push(outputs[value]!.data as Float32Array);
      if (++pictures === PICTURES) break;
    }
    return all;
  } finally {
    await session.release();
  }
}

/** Mean over outputs and pictures, so that a branch with small numbers counts as much as one with large ones. */
function relativeError(outputs: readonly Float32Array[], expected: readonly Float32Array[]): number {
  let sum = 0;
  expected.forEach((wanted, index) => {
    const got = outputs[index]!;
    let error = 0;
    let size = 0;
    for (let i = 0; i < wanted.length; i++) {
      error += (got[i]! - wanted[i]!) ** 2;
      size += wanted[i]! ** 2;
    }
    sum += error / Math.max(size, 1e-12);
  });
  return sum / expected.length;
}
