import { create } from '@bufbuild/protobuf';
import { StringStringEntryProtoSchema } from '../onnx/generated/onnx';
import { dimsOf, floatsOf, GraphEditor, makeTensor, DataType, type ModelProto, type NodeProto } from '../onnx';

/** What a manifest's recipe says of a model whose picture input was adapted here. */
export const YOLOX_INPUT = 'YOLOX pixels (BGR, 0 … 255), folded into the first convolution';

/** Metadata of a model that was adapted. */
const MARK = 'edge-inspect.input';

/** Pixels that YOLOX puts beside each other: every second one of each row and column. */
const FOCUS_SLICES = 4;
const LEVELS = 255;

/**
 * Lets a YOLOX export take the picture that all other YOLOs take, RGB from 0 to 1 instead of BGR from 0 to 255: the first
 * convolution's weights are multiplied and reordered, which is the same number for number. YOLOX is known by its stem
 * (Focus: four slices of the picture beside each other, then a convolution) together with one row of 5 + classes numbers per
 * cell; see tools/export_onnx.py and data_augment.preproc of Megvii's YOLOX (Apache-2.0).
 *
 * @param model changed in place when it is one
 * @param cells of the grid at the input's size
 * @returns whether it is one
 */
export function takeYoloxPicture(model: ModelProto, inputName: string, cells: number): boolean {
  // a model that is written again with another size has it behind it
  if (model.metadataProps.some(({ key }) => key === MARK)) return true;
  const graph = new GraphEditor(model);
  const [output, ...others] = graph.graph.output;
  const tensor = output?.type?.value.case === 'tensorType' ? output.type.value.value : undefined;
  const dims = tensor?.shape?.dim.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : undefined));
  if (others.length > 0 || dims?.length !== 3 || (dims[1] !== undefined && dims[1] !== cells)) return false;
  if (dims[2] !== undefined && dims[2] < 6) return false;
  const conv = focusConv(graph, inputName);
  const name = conv?.input[1];
  const weight = name === undefined ? undefined : graph.constant(name);
  if (!conv || !weight || graph.readers(weight.name).length !== 1) return false;
  const [outputs, channels, rows, columns] = dimsOf(weight) as [number, number, number, number];
  const plain = floatsOf(weight);
  const perChannel = rows * columns;
  const changed = Float32Array.from(plain, (_, at) => {
    const inside = at % perChannel;
    const channel = Math.floor(at / perChannel) % channels;
    const start = at - inside - channel * perChannel;
    // blue, green, red become red, green, blue
    const mirrored = channel - (channel % 3) + (2 - (channel % 3));
    return plain[start + mirrored * perChannel + inside]! * LEVELS;
  });
  const index = graph.graph.initializer.indexOf(weight);
  graph.graph.initializer[index] = makeTensor(weight.name, DataType.FLOAT, [outputs, channels, rows, columns], changed);
  model.metadataProps.push(create(StringStringEntryProtoSchema, { key: MARK, value: YOLOX_INPUT }));
  return true;
}

/** The convolution behind the Focus stem; undefined where the picture goes another way. */
function focusConv(graph: GraphEditor, inputName: string): NodeProto | undefined {
  let values = [inputName];
  // one exporter slices rows and columns at once, another one after the other
  for (let step = 0; step < 2; step++) {
    const readers = values.flatMap((value) => graph.readers(value));
    if (readers.length === 0 || readers.some(({ opType }) => opType !== 'Slice')) break;
    values = readers.flatMap(({ output }) => output);
  }
  if (values.length !== FOCUS_SLICES) return undefined;
  const joined = new Set(values.flatMap((value) => graph.readers(value)));
  const [concat] = joined;
  if (joined.size !== 1 || concat?.opType !== 'Concat') return undefined;
  const [conv, ...others] = graph.readers(concat.output[0]!);
  const weight = conv?.opType === 'Conv' ? graph.constant(conv.input[1] ?? '') : undefined;
  return others.length === 0 && weight && dimsOf(weight)[1] === 3 * FOCUS_SLICES ? conv : undefined;
}
