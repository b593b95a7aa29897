import { create } from '@bufbuild/protobuf';
import { encodeOnnx } from '../onnx';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type NodeProto,
  type ValueInfoProto,
} from '../onnx/generated/onnx';
import type { InputLayout, InputType } from './manifest-types';
import { ModelSession, Tensor } from './session';

/** Turns letterboxed pixels (uint8 RGB, HWC) into the tensor a model wants. */
export interface PictureTensor {
  of(pixels: Uint8Array): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * uint8 NHWC models take the pixels as they are, without a copy. For float or planar models the conversion is a graph of
 * two or three operators run by the runtime's vector code: a loop in JavaScript costs 8–19 ms for 640 × 640, this about 1.
 */
export async function openPictureTensor(input: {
  width: number;
  height: number;
  layout: InputLayout;
  type: InputType;
}): Promise<PictureTensor> {
  const shape = [1, input.height, input.width, 3];
  if (input.type === 'uint8' && input.layout === 'nhwc') {
    return { of: async (pixels) => new Tensor('uint8', pixels, shape), close: async () => undefined };
  }
  const session = await ModelSession.open(conversionModel(input.layout, input.type), { threads: 1 });
  return {
    async of(pixels) {
      const { picture } = await session.run({ pixels: new Tensor('uint8', pixels, shape) });
      return picture as Tensor;
    },
    close: () => session.release(),
  };
}

/** `pixels` uint8 [1, H, W, 3] → Transpose? → Cast and × 1/255 for float → `picture`. */
function conversionModel(layout: InputLayout, type: InputType): Uint8Array {
  const nodes: NodeProto[] = [];
  let value = 'pixels';
  const add = (
    opType: string,
    output: string,
    extraInputs: string[] = [],
    attribute?: NodeProto['attribute'],
  ): void => {
    nodes.push(
      create(NodeProtoSchema, { opType, name: output, input: [value, ...extraInputs], output: [output], attribute }),
    );
    value = output;
  };
  if (layout === 'nchw') {
    add(
      'Transpose',
      type === 'uint8' ? 'picture' : 'planes',
      [],
      [create(AttributeProtoSchema, { name: 'perm', type: AttributeProto_AttributeType.INTS, ints: [0n, 3n, 1n, 2n] })],
    );
  }
  if (type === 'float32') {
    add(
      'Cast',
      'levels',
      [],
      [
        create(AttributeProtoSchema, {
          name: 'to',
          type: AttributeProto_AttributeType.INT,
          i: BigInt(TensorProto_DataType.FLOAT),
        }),
      ],
    );
    add('Mul', 'picture', ['perLevel']);
  }
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'edge-inspect',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 13n })],
    graph: create(GraphProtoSchema, {
      name: 'picture',
      node: nodes,
      input: [tensorValue('pixels', TensorProto_DataType.UINT8)],
      output: [tensorValue('picture', type === 'uint8' ? TensorProto_DataType.UINT8 : TensorProto_DataType.FLOAT)],
      initializer: [
        create(TensorProtoSchema, {
          name: 'perLevel',
          dims: [],
          dataType: TensorProto_DataType.FLOAT,
          floatData: [1 / 255],
        }),
      ],
    }),
  });
  return encodeOnnx(model);
}

function tensorValue(name: string, elemType: TensorProto_DataType): ValueInfoProto {
  const dim = ['batch', 'd1', 'd2', 'd3'].map((param) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: 'dimParam', value: `${name}_${param}` } }),
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: 'tensorType',
        value: create(TypeProto_TensorSchema, { elemType, shape: create(TensorShapeProtoSchema, { dim }) }),
      },
    }),
  });
}
