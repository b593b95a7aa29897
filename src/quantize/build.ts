import { readFile } from 'node:fs/promises';
import type { LoadedModel } from '../model/load-model';
import type { ModelManifest } from '../contract/manifest';
import { decodeOnnx, encodeOnnx, GraphEditor } from '../onnx';
import { withIspLooks } from './calibrate/augment';
import { calibrate, channelMeans, shapesOf, type CalibrationReader } from './calibrate/calibrate';
import type { CalibrationSet } from './calibrate/calibration-set';
import { fineOutputs, findCut, type CutHead } from './graph/cut-heads';
import { splitHead } from './graph/head';
import { findClassLogits } from './graph/class-logits';
import { cutSaysTheSame } from './graph/verify-cut';
import { applyRangeLevers } from './graph/levers';
import { findSilus, siluRange } from './graph/levers/silu';
import { valuesToAverage } from './graph/levers/bias-correction';
import { floatWithinBudget } from './graph/levers/latency-budget';
import { sensitivities } from './graph/levers/sensitivity';
import { repeatPixels } from './graph/optimize/upsample';
import type { QuantizeOptions } from './options';
import { prepareFloatModel } from './graph/prepare';
import type { Step } from './progress';
import { pictureReader } from './calibrate/reader';
import { planModel, rewriteModel, type RewriteOptions, type Rewritten } from './graph/rewrite';
import { TARGET_RULES } from './targets';

export interface BuildHooks {
  threads: number;
  progress: (step: Step, share: number) => void;
  /** Stops the work between two pictures. */
  signal?: AbortSignal | undefined;
}

export interface Built extends Rewritten {
  bytes: Uint8Array;
  cut: CutHead | undefined;
  options: RewriteOptions;
}

/** The INT8 model's bytes, and how its head is to be decoded. */
export async function buildInt8(
  options: QuantizeOptions,
  loaded: LoadedModel,
  manifest: ModelManifest,
  set: CalibrationSet,
  hooks: BuildHooks,
): Promise<Built> {
  const { threads, progress, signal } = hooks;
  const { inputName } = loaded;
  const input = manifest.input;
  const source = decodeOnnx(loaded.bytes, options.model);
  const prepared = await prepareFloatModel(source, inputName, shapeOf(input));
  const asTheyAre = (index: number): Promise<Uint8Array> => readFile(set.calibration[index]!.path);
  const pictures = options.augment
    ? withIspLooks(set.calibration.length, asTheyAre)
    : { count: set.calibration.length, load: asTheyAre };
  // pictures in other looks come after those as they are
  const viewOf = (index: number) => set.calibration[index % set.calibration.length]!.view;
  const reader = cancellable(pictureReader(pictures.count, pictures.load, inputName, input, viewOf), signal);
  const graph = new GraphEditor(prepared);
  const values = graph.graph.node.flatMap((node) => node.output.filter((value) => value !== ''));
  const shapes = await shapesOf(prepared, values, reader, threads);
  repeatPixels(graph, shapes);
  const head = splitHead(graph);
  const cutContext = { graph, head, shapes, classCount: manifest.classNames.length, inputHeight: input.height };
  const rawHead = options.cutHead ? findCut(manifest.head.layout, cutContext) : undefined;
  const cut = rawHead && (await cutSaysTheSame(prepared, rawHead, manifest, reader, threads)) ? rawHead : undefined;

  const rewriteOptions: RewriteOptions = {
    inputName,
    inputHeight: input.height,
    inputWidth: input.width,
    inputLayout: input.layout,
    ...TARGET_RULES[options.target],
    byteInput: options.byteInput,
    ...(cut && { cut }),
  };
  const plan = planModel(prepared, rewriteOptions);
  if (options.biasCorrection) {
    const averaged = valuesToAverage(plan.nodes);
    rewriteOptions.means = await channelMeans(prepared, averaged, reader, { threads });
  }
  // a clipped class logit is a confidence that stops at some value below the true one: 0.75 for every sure defect
  const logits = findClassLogits(graph, head, shapes, manifest.classNames.length);
  const silus = findSilus(graph);
  const observed = plan.valuesToObserve();
  const derived = silus.filter(({ input, output }) => observed.includes(input) && observed.includes(output));
  const outputs = new Set(derived.map(({ output }) => output));
  const ranges = await calibrate(
    prepared,
    observed.filter((value) => !outputs.has(value)),
    reader,
    {
      method: options.method,
      threads,
      shapes,
      unclipped: logits,
      onProgress: (done) => progress('calibrating', done),
    },
  );
  for (const { input, output } of derived) ranges.set(output, siluRange(ranges.get(input)!));
  const all = plan.rangesOfAll(applyRangeLevers(ranges, { silus, logits }, options));
  const fine = new Set(cut && fineOutputs(cut).map(({ value }) => value));
  const stayFloat = head.lastConvs.filter(({ output }) => options.floatOutputs || fine.has(output[0]!));
  rewriteOptions.keepFloat = new Set(stayFloat.map(({ name }) => name));
  if (options.floatLayers > 0) {
    const worst = await sensitivities(prepared, all, rewriteOptions, reader, threads);
    const free = worst.filter(({ node }) => !rewriteOptions.keepFloat?.has(node)).slice(0, options.floatLayers);
    rewriteOptions.keepFloat = new Set([...(rewriteOptions.keepFloat ?? []), ...free.map(({ node }) => node)]);
  }
  if (options.latencyBudget !== undefined) {
    const worst = await sensitivities(prepared, all, rewriteOptions, reader, threads);
    rewriteOptions.keepFloat = await floatWithinBudget({
      ...{ prepared, ranges: all, options: rewriteOptions, threads, signal, percent: options.latencyBudget },
      outputs: head.lastConvs.map(({ name }) => name),
      layers: worst.map(({ node }) => node),
    });
  }
  const rewritten = rewriteModel(prepared, all, rewriteOptions);
  return { ...rewritten, bytes: encodeOnnx(rewritten.model), cut, options: rewriteOptions };
}

function shapeOf({ layout, width, height }: ModelManifest['input']): number[] {
  return layout === 'nhwc' ? [1, height, width, 3] : [1, 3, height, width];
}

/** Stops between two pictures. */
function cancellable(reader: CalibrationReader, signal: AbortSignal | undefined): CalibrationReader {
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
