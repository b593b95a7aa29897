import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { decodeOnnx, encodeOnnx, type ModelProto } from '../../src/onnx';
import {
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  SparseTensorProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
  TrainingInfoProtoSchema,
  type TensorProto,
} from '../../src/onnx/generated/onnx';
import { ROOT } from '../helpers/root';

const SHIPPED = readFileSync(join(ROOT, 'models', 'pcb-defects', 'model.onnx'));

/** A tensor whose numbers the runtime would fetch from a file of the system. */
function outside(): TensorProto {
  return create(TensorProtoSchema, {
    name: 'stolen',
    dataType: 3,
    dims: [64n],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ key: 'location', value: '../../../../etc/passwd' }],
  });
}

const inNode = (attribute: Parameters<typeof create<typeof AttributeProtoSchema>>[1]) =>
  create(NodeProtoSchema, { opType: 'If', attribute: [create(AttributeProtoSchema, attribute)] });
const graphWith = (tensor: TensorProto) => create(GraphProtoSchema, { initializer: [tensor] });

/** Every place of a model that can hold a tensor. */
const PLACES: Record<string, (model: ModelProto) => void> = {
  'an initializer': (model) => model.graph!.initializer.push(outside()),
  'a sparse initializer': (model) =>
    model.graph!.sparseInitializer.push(create(SparseTensorProtoSchema, { values: outside() })),
  'the indices of a sparse one': (model) =>
    model.graph!.sparseInitializer.push(create(SparseTensorProtoSchema, { indices: outside() })),
  'a constant node': (model) => model.graph!.node.push(inNode({ name: 'value', t: outside() })),
  'a list of tensors': (model) => model.graph!.node.push(inNode({ name: 'values', tensors: [outside()] })),
  'a subgraph': (model) => model.graph!.node.push(inNode({ name: 'then_branch', g: graphWith(outside()) })),
  'a subgraph of a subgraph': (model) =>
    model.graph!.node.push(
      inNode({
        name: 'body',
        g: create(GraphProtoSchema, { node: [inNode({ name: 'x', graphs: [graphWith(outside())] })] }),
      }),
    ),
  'a function': (model) =>
    model.functions.push(create(FunctionProtoSchema, { node: [inNode({ name: 'value', t: outside() })] })),
  'a default of a function': (model) =>
    model.functions.push(
      create(FunctionProtoSchema, {
        attributeProto: [create(AttributeProtoSchema, { name: 'a', t: outside() })],
      }),
    ),
  'training information': (model) =>
    model.trainingInfo.push(create(TrainingInfoProtoSchema, { initialization: graphWith(outside()) })),
};

describe('a model whose weights lie in other files', () => {
  for (const [place, put] of Object.entries(PLACES)) {
    it(`is refused when ${place} names one`, () => {
      const model = decodeOnnx(SHIPPED, 'shipped');
      put(model);
      assert.throws(() => decodeOnnx(encodeOnnx(model), 'evil.onnx'), {
        code: 'MODEL_INVALID',
        message: /weights inside for model but received one whose tensor "stolen" lies in another file: evil\.onnx/,
      });
    });
  }

  it('is told from one that has everything inside', () => {
    assert.ok(decodeOnnx(SHIPPED, 'shipped').graph);
  });
});
