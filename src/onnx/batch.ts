import { dimsOf, int64Tensor, integersOf } from './tensor';
import type { ModelProto, NodeProto, TensorProto } from './generated/onnx';

/** Operators whose second input is a shape that names the batch. */
const SHAPED: ReadonlySet<string> = new Set(['Reshape', 'Expand']);

/**
 * Lowers the fixed batch of an export to one picture: a line shows one part at a time, and the other places of the batch
 * would cost as much again. Shapes that are written out in the graph (Reshape, Expand) follow.
 *
 * @param model changed in place
 * @param batch pictures per run that the input asks for, above 1
 */
export function lowerBatch(model: ModelProto, inputName: string, batch: number): void {
  const graph = model.graph!;
  for (const value of [...graph.input.filter(({ name }) => name === inputName), ...graph.output]) {
    const tensor = value.type?.value.case === 'tensorType' ? value.type.value.value : undefined;
    const first = tensor?.shape?.dim[0];
    if (first && first.value.case === 'dimValue') first.value = { case: 'dimValue', value: 1n };
  }
  // sizes that an exporter wrote for the whole batch would contradict
  graph.valueInfo = [];
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
  const written = new Set<string>();
  for (const node of graph.node) {
    const shape = node.input[1];
    if (!SHAPED.has(node.opType) || shape === undefined || written.has(shape)) continue;
    const tensor = constants.get(shape) ?? constantOf(makers.get(shape));
    if (!tensor) continue;
    const dims = integersOf(tensor);
    if (dims[0] !== batch) continue;
    written.add(shape);
    const lowered = int64Tensor(tensor.name, dimsOf(tensor), [1, ...dims.slice(1)]);
    tensor.rawData = lowered.rawData;
    [tensor.int64Data, tensor.int32Data, tensor.dataType] = [[], [], lowered.dataType];
  }
}

function constantOf(node: NodeProto | undefined): TensorProto | undefined {
  return node?.opType === 'Constant' ? node.attribute.find(({ name }) => name === 'value')?.t : undefined;
}
