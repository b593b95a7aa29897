import { clone } from '@bufbuild/protobuf';
import { DataType, encodeOnnx, int64Tensor, makeNode, makeValue, sizeOf, type ModelProto } from '../../onnx';
import { ModelProtoSchema } from '../../onnx/generated/onnx';
import { ModelSession, type Tensor } from '../../model/session';
import { discard } from '../../kit/own-memory';
import { minmax, RANGE_METHODS, type Method } from './ranges/methods';
import type { Range } from './ranges/range';

/** The calibration pictures as the float model's input; can be read again from the start for every pass. */
export interface CalibrationReader {
  /** Number of pictures. */
  readonly count: number;
  read(): AsyncIterable<Record<string, Tensor>>;
}

export interface CalibrateOptions {
  method: Method;
  /** Intra-op threads. */
  threads: number;
  /** Values whose extremes must stay inside the range, whatever the method: class logits. */
  unclipped?: ReadonlySet<string>;
  /** Shapes of the values, where they are known already. */
  shapes?: ReadonlyMap<string, readonly number[]>;
  /** Called after every picture of every pass. @param done 0 … 1 */
  onProgress?: (done: number) => void;
}

/** Intermediate results held at a time, bytes: bounds memory however large the model or its input is. */
const PASS_BYTES = 96 * 1024 * 1024;

/**
 * The range of each value over the calibration pictures, found by running the float model. No activations are kept:
 * extremes are computed inside the runtime, histograms are filled picture by picture, in as many passes as memory asks for.
 *
 * @param model float model with fixed shapes; not changed
 */
export async function calibrate(
  model: ModelProto,
  values: readonly string[],
  reader: CalibrationReader,
  options: CalibrateOptions,
): Promise<Map<string, Range>> {
  const method = RANGE_METHODS[options.method];
  if (method.reads === 'extremes') {
    const collectors = new Map(
      values.map((value) => [value, (options.unclipped?.has(value) ? minmax : method).collector()]),
    );
    await pass(withExtremes(model, values), reader, options, [0, 1], (outputs) => {
      for (const [value, collector] of collectors) {
        collector.add({ min: scalar(outputs, minimumOf(value)), max: scalar(outputs, maximumOf(value)) });
      }
    });
    return new Map([...collectors].map(([value, collector]) => [value, collector.range()]));
  }

  const ranges = new Map<string, Range>();
  const batches = await batchesOf(model, values, reader, options);
  for (const [index, batch] of batches.entries()) {
    const collectors = new Map(batch.map((value) => [value, method.collector()]));
    const share: [number, number] = [index / batches.length, (index + 1) / batches.length];
    await pass(withOutputs(model, batch), reader, options, share, (outputs) => {
      for (const [value, collector] of collectors) collector.add(outputs[value]!.data as Float32Array);
    });
    for (const [value, collector] of collectors) {
      ranges.set(value, options.unclipped?.has(value) ? collector.extremes() : collector.range());
    }
  }
  return ranges;
}

async function pass(
  model: ModelProto,
  reader: CalibrationReader,
  options: CalibrateOptions,
  [from, to]: [number, number],
  look: (outputs: Record<string, Tensor>) => void,
): Promise<void> {
  const session = await openOnce(model, options.threads);
  try {
    let seen = 0;
    for await (const feeds of reader.read()) {
      const outputs = await session.run(feeds);
      look(outputs);
      // a hundred megabytes per picture that V8 would let pile up
      discard(Object.values(outputs).map(({ data }) => data as Float32Array));
      seen++;
      options.onProgress?.(from + ((to - from) * seen) / reader.count);
    }
  } finally {
    await session.release();
  }
}

/** A session of a model that is not kept: neither are its bytes. */
export async function openOnce(model: ModelProto, threads: number): Promise<ModelSession> {
  const bytes = encodeOnnx(model);
  const session = await ModelSession.open(bytes, { threads });
  discard([bytes]);
  return session;
}

const minimumOf = (value: string): string => `${value}:minimum`;
const maximumOf = (value: string): string => `${value}:maximum`;

function scalar(outputs: Record<string, Tensor>, name: string): number {
  return outputs[name]!.data[0] as number;
}

/** The model with, instead of its outputs, the smallest and largest number of each value. */
function withExtremes(model: ModelProto, values: readonly string[]): ModelProto {
  const changed = shallowCopy(model);
  const graph = changed.graph!;
  graph.output = [];
  for (const value of values) {
    for (const [opType, name] of [
      ['ReduceMin', minimumOf(value)],
      ['ReduceMax', maximumOf(value)],
    ] as const) {
      graph.node.push(makeNode(opType, name, [value], [name], { keepdims: 0 }));
      graph.output.push(makeValue(name, DataType.FLOAT, []));
    }
  }
  return changed;
}

/**
 * The mean of each channel of values [1, channels, height, width] over the calibration pictures.
 *
 * @param model float model with fixed shapes; not changed
 */
export async function channelMeans(
  model: ModelProto,
  values: readonly string[],
  reader: CalibrationReader,
  options: Omit<CalibrateOptions, 'method'>,
): Promise<Map<string, Float32Array>> {
  const changed = shallowCopy(model);
  const graph = changed.graph!;
  const meanOf = (value: string): string => `${value}:mean`;
  const axes = [0, 2, 3];
  // from operator set 18 on the axes are an input
  const version = Math.max(
    ...model.opsetImport.filter(({ domain }) => domain === '').map((set) => Number(set.version)),
  );
  if (version >= 18) graph.initializer = [...graph.initializer, int64Tensor('axes:mean', [3], axes)];
  for (const value of values) {
    const inputs = version >= 18 ? [value, 'axes:mean'] : [value];
    const attributes = { keepdims: 0, ...(version < 18 && { axes }) };
    graph.node.push(makeNode('ReduceMean', meanOf(value), inputs, [meanOf(value)], attributes));
  }
  graph.output = values.map((value) => makeValue(meanOf(value), DataType.FLOAT));
  const sums = new Map<string, Float32Array>();
  await pass(changed, reader, { ...options, method: 'mean' }, [0, 1], (outputs) => {
    for (const value of values) {
      const image = outputs[meanOf(value)]!.data as Float32Array;
      const sum = sums.get(value);
      if (sum) image.forEach((mean, channel) => (sum[channel]! += mean));
      else sums.set(value, image.slice());
    }
  });
  for (const sum of sums.values()) sum.forEach((total, channel) => (sum[channel] = total / reader.count));
  return sums;
}

/** The model with some of its intermediate values as its outputs. */
export function withOutputs(model: ModelProto, values: readonly string[]): ModelProto {
  const changed = shallowCopy(model);
  changed.graph!.output = values.map((value) => makeValue(value, DataType.FLOAT));
  return changed;
}

/** A copy whose lists of nodes and outputs can be changed; nodes and weights are shared. */
function shallowCopy(model: ModelProto): ModelProto {
  const graph = model.graph!;
  const copy = clone(ModelProtoSchema, { ...model, graph: undefined });
  copy.graph = { ...graph, node: [...graph.node], output: [...graph.output], valueInfo: [] };
  return copy;
}

/** Splits the values into batches of bounded size; sizes are seen in a run on the first picture, unless they are known. */
async function batchesOf(
  model: ModelProto,
  values: readonly string[],
  reader: CalibrationReader,
  { shapes: known, threads }: CalibrateOptions,
): Promise<string[][]> {
  const shapes = known ?? (await shapesOf(model, values, reader, threads));
  const batches: string[][] = [];
  let room = 0;
  for (const value of values) {
    const bytes = sizeOf(shapes.get(value) ?? []) * 4;
    if (batches.length === 0 || bytes > room) {
      batches.push([]);
      room = PASS_BYTES;
    }
    batches.at(-1)!.push(value);
    room -= bytes;
  }
  return batches;
}

/** The shape of each value, seen in a run on the first picture. */
export async function shapesOf(
  model: ModelProto,
  values: readonly string[],
  reader: CalibrationReader,
  threads: number,
): Promise<Map<string, number[]>> {
  const changed = shallowCopy(model);
  const graph = changed.graph!;
  graph.output = [];
  for (const value of values) {
    const name = `${value}:shape`;
    graph.node.push(makeNode('Shape', name, [value], [name]));
    graph.output.push(makeValue(name, DataType.INT64));
  }
  const session = await openOnce(changed, threads);
  try {
    for await (const feeds of reader.read()) {
      const outputs = await session.run(feeds);
      return new Map(
        values.map((value) => [value, Array.from(outputs[`${value}:shape`]!.data as BigInt64Array, Number)]),
      );
    }
    return new Map();
  } finally {
    await session.release();
  }
}
