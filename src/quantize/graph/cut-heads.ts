import { dimsOf, type GraphEditor, type NodeProto } from '../../onnx';
import { headOf } from '../../detect/heads';
import type { CutOutput, HeadLayout, ModelManifest } from '../../contract/manifest';
import { isDistributionConv, type HeadSplit } from './head';
import type { RawOutput } from './surgery';
import { findAnchors } from './anchors';

/** Where a detector can be cut so that the engine decodes its raw outputs. */
export interface CutHead {
  layout: Extract<HeadLayout, `cut-${string}`>;
  regMax?: number;
  anchors?: [number, number][][];
  /** By falling number of cells: stride 8 first. */
  scales: CutScale[];
}

interface CutScale {
  stride: number;
  box?: RawOutput;
  classes?: RawOutput;
  all?: RawOutput;
}

export interface CutContext {
  graph: GraphEditor;
  head: HeadSplit;
  /** Shapes of the last convolutions' outputs, by value name. */
  shapes: ReadonlyMap<string, readonly number[]>;
  classCount: number;
  inputHeight: number;
}

/** Finds the cut of a head layout; undefined: this graph is built differently and keeps its float head. */
type FindCut = (context: CutContext) => CutHead | undefined;

/**
 * One row per head layout that can be cut; any other keeps its float head. Behind an end-to-end tail (its own choice of the best
 * cells, or NMS) may be any of them: the engine chooses instead.
 */
const CUTS: Partial<Record<HeadLayout, readonly FindCut[]>> = {
  yolov8: [cutYolov8, cutDirectSides],
  yolov5: [cutYolov5],
  'end-to-end': [cutYolov8, cutYolov5, cutDirectSides],
};

export function findCut(layout: HeadLayout, context: CutContext): CutHead | undefined {
  for (const find of CUTS[layout] ?? []) {
    const cut = find(context);
    if (cut) return cut;
  }
  return undefined;
}

interface LastConv extends RawOutput {
  stride: number;
}

function lastConvsOf({ head, shapes, inputHeight }: CutContext): LastConv[] {
  return head.lastConvs.map((node) => {
    const value = node.output[0]!;
    const [, channels = 0, rows = 0, columns = 0] = shapes.get(value) ?? [];
    return { name: value, value, channels, rows, columns, stride: inputHeight / rows };
  });
}

/** Last convolutions by scale, finest first. */
function byStride(convs: LastConv[]): Map<number, LastConv[]> {
  const groups = new Map<number, LastConv[]>();
  for (const conv of convs.sort((a, b) => a.stride - b.stride)) {
    groups.set(conv.stride, [...(groups.get(conv.stride) ?? []), conv]);
  }
  return groups;
}

/** YOLOv8 and 11: a box branch of 4 × regMax channels and a class branch of one channel per class at every scale. */
function cutYolov8(context: CutContext): CutHead | undefined {
  const { graph, head } = context;
  const distribution = [...head.tail].find((node) => node.opType === 'Conv' && isDistributionConv(node, graph));
  if (!distribution) return undefined;
  return cutBoxesAndClasses(context, dimsOf(graph.constant(distribution.input[1]!)!)[1]!);
}

/** YOLO26: the box branch says the four distances themselves, without a distribution over bins. */
function cutDirectSides(context: CutContext): CutHead | undefined {
  return cutBoxesAndClasses(context, 1);
}

function cutBoxesAndClasses(context: CutContext, regMax: number): CutHead | undefined {
  const { graph, classCount } = context;
  const scales: CutScale[] = [];
  for (const [stride, convs] of byStride(lastConvsOf(context))) {
    const ordered = boxFirst(convs, 4 * regMax, classCount, graph);
    if (!ordered || !Number.isInteger(stride)) return undefined;
    const [box, classes] = ordered;
    scales.push({ stride, box: named(box, `box_${stride}`), classes: named(classes, `classes_${stride}`) });
  }
  return scales.length > 0 ? { layout: 'cut-yolov8', regMax, scales } : undefined;
}

function named({ value, channels, rows, columns }: LastConv, name: string): RawOutput {
  return { name, value, channels, rows, columns };
}

/** Tells box and class branch apart by their channels; if these are equal, by their order in the Concat that joins them. */
function boxFirst(
  convs: LastConv[],
  boxChannels: number,
  classCount: number,
  graph: GraphEditor,
): [LastConv, LastConv] | undefined {
  const [first, second] = convs;
  if (convs.length !== 2 || !first || !second) return undefined;
  const fits = (box: LastConv, classes: LastConv): boolean =>
    box.channels === boxChannels && classes.channels === classCount;
  if (fits(first, second) && fits(second, first)) {
    const concat = graph.readers(first.value).find((node) => node.opType === 'Concat');
    const order = concat?.input.filter((value) => value === first.value || value === second.value) ?? [];
    if (order.length !== 2) return undefined;
    return order[0] === first.value ? [first, second] : [second, first];
  }
  if (fits(first, second)) return [first, second];
  return fits(second, first) ? [second, first] : undefined;
}

/** YOLOv5: one convolution per scale with anchors × (5 + classes) channels. */
function cutYolov5(context: CutContext): CutHead | undefined {
  const perAnchor = 5 + context.classCount;
  const scales: CutScale[] = [];
  const anchors: [number, number][][] = [];
  for (const [stride, convs] of byStride(lastConvsOf(context))) {
    const [conv] = convs;
    if (convs.length !== 1 || !conv || conv.channels % perAnchor !== 0) return undefined;
    const found = findAnchors(context, conv, conv.channels / perAnchor);
    if (!found) return undefined;
    anchors.push(found);
    scales.push({ stride, all: named(conv, `raw_${stride}`) });
  }
  return scales.length > 0 ? { layout: 'cut-yolov5', anchors, scales } : undefined;
}

/**
 * The raw outputs that stay float whatever else does: distances in cells that are not spread over bins. 255 steps over 40 cells
 * of 8 pixels are more than a pixel each; the convolutions behind have four channels and cost nothing.
 */
export function fineOutputs(cut: CutHead): RawOutput[] {
  if (cut.regMax !== 1) return [];
  return cut.scales.flatMap(({ box }) => (box ? [box] : []));
}

/** All raw outputs of a cut head, in the order of the new graph's outputs. */
export function rawOutputs(cut: CutHead): RawOutput[] {
  return cut.scales.flatMap(({ box, classes, all }) => [box, classes, all].filter((output) => output !== undefined));
}

/** The manifest's description of a cut head whose raw outputs are `describe`d one by one. */
export function manifestHead(
  cut: CutHead,
  describe: (output: RawOutput) => NonNullable<CutOutput['box']>,
): ModelManifest['head'] {
  const outputs = cut.scales.map(({ stride, box, classes, all }) => ({
    stride,
    ...(box && { box: describe(box) }),
    ...(classes && { classes: describe(classes) }),
    ...(all && { all: describe(all) }),
  }));
  return {
    layout: headOf(cut.layout).layout,
    strides: cut.scales.map(({ stride }) => stride),
    ...(cut.regMax !== undefined && { regMax: cut.regMax }),
    ...(cut.anchors && { anchors: cut.anchors }),
    outputs,
  };
}

/** Nodes that a value reaches inside the tail. */
export function tailBehind(value: string, { graph, head }: CutContext): NodeProto[] {
  const found = new Set<NodeProto>();
  const waiting = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const node of graph.readers(next)) {
      if (found.has(node) || !head.tail.has(node)) continue;
      found.add(node);
      waiting.push(...node.output);
    }
  }
  return [...found];
}
