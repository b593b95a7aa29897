import { InspectionError } from '../contract/errors';
import {
  TensorProto_DataLocation,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type SparseTensorProto,
  type TensorProto,
} from './generated/onnx';

/** Every tensor of some nodes, those of their subgraphs (If, Loop, Scan) included. */
function* tensorsOfNodes(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const { attribute } of nodes) yield* tensorsOfAttributes(attribute);
}

function* tensorsOfAttributes(attributes: readonly AttributeProto[]): Generator<TensorProto> {
  for (const { t, g, tensors, graphs, sparseTensor, sparseTensors } of attributes) {
    if (t) yield t;
    yield* tensors;
    yield* tensorsOfSparse([...(sparseTensor ? [sparseTensor] : []), ...sparseTensors]);
    for (const graph of [...(g ? [g] : []), ...graphs]) yield* tensorsOfGraph(graph);
  }
}

function* tensorsOfSparse(sparse: readonly SparseTensorProto[]): Generator<TensorProto> {
  for (const { values, indices } of sparse) {
    if (values) yield values;
    if (indices) yield indices;
  }
}

function* tensorsOfGraph({ initializer, sparseInitializer, node }: GraphProto): Generator<TensorProto> {
  yield* initializer;
  yield* tensorsOfSparse(sparseInitializer);
  yield* tensorsOfNodes(node);
}

function* tensorsOf(model: ModelProto): Generator<TensorProto> {
  if (model.graph) yield* tensorsOfGraph(model.graph);
  for (const { node, attributeProto } of model.functions) {
    yield* tensorsOfAttributes(attributeProto);
    yield* tensorsOfNodes(node);
  }
  for (const { initialization, algorithm } of model.trainingInfo) {
    if (initialization) yield* tensorsOfGraph(initialization);
    if (algorithm) yield* tensorsOfGraph(algorithm);
  }
}

/**
 * Refuses a model whose weights lie in other files. The runtime would read any path that the model names, relative to the
 * working directory: bytes that no hash and no signature covers, and a way to read files that are none of the model's.
 *
 * @param name what the sentence calls the model: its path
 * @throws InspectionError MODEL_INVALID
 */
export function refuseExternalData(model: ModelProto, name: string): void {
  for (const { name: tensor, dataLocation, externalData } of tensorsOf(model)) {
    if (dataLocation !== TensorProto_DataLocation.EXTERNAL && externalData.length === 0) continue;
    throw new InspectionError(
      'MODEL_INVALID',
      `Expected an ONNX model with its weights inside for model but received one whose tensor "${tensor}" lies in another file: ${name}; save it as one file`,
    );
  }
}
