import { create } from '@bufbuild/protobuf';
import type { ModelProto } from '../onnx';
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/generated/onnx';
import type { InputLayout, InputType } from '../contract/manifest';

/** Name of the input that takes pixels; the prefix keeps it and the values between apart from a model's own names. */
export const PIXELS = 'edge_inspect.pixels';

export interface PictureInputShape {
  width: number;
  height: number;
  layout: InputLayout;
  type: InputType;
}

/** Whether the model takes letterboxed pixels as they are: uint8, rows × columns × RGB. */
export function takesPixels(input: PictureInputShape): boolean {
  return input.type === 'uint8' && input.layout === 'nhwc';
}

/**
 * Puts the conversion from pixels (uint8 [1, H, W, 3] RGB) in front of a model that wants planes or floats (0 … 1), so that
 * the runtime's vector code does it as a part of the run: a loop in JavaScript costs 8–19 ms for 640 × 640, a run of its own
 * 3 ms (most of it for handing 5 MB back and forth), this 0.6 ms.
 *
 * @param model changed in place; its input is renamed to PIXELS and gets the given size
 * @param inputName the one input that takes a picture
 */
export function putPixelsInFront(model: ModelProto, inputName: string, input: PictureInputShape): void {
  const { graph } = model;
  if (!graph) return;
  const { nodes, initializers } = conversion(PIXELS, inputName, input);
  graph.node.unshift(...nodes);
  graph.initializer.push(...initializers);
  graph.input = graph.input.map((value) =>
    value.name === inputName
      ? tensorValue(PIXELS, TensorProto_DataType.UINT8, [1, input.height, input.width, 3])
      : value,
  );
}

/** `from` → Transpose? → Cast and × 1/255 for float → `to`. */
export function conversion(
  from: string,
  to: string,
  { layout, type }: Pick<PictureInputShape, 'layout' | 'type'>,
): { nodes: NodeProto[]; initializers: TensorProto[] } {
  const steps: Array<{ opType: string; extraInputs?: string[]; attribute?: AttributeProto[] }> = [];
  if (layout === 'nchw') steps.push({ opType: 'Transpose', attribute: [ints('perm', [0, 3, 1, 2])] });
  if (type === 'float32') {
    steps.push({ opType: 'Cast', attribute: [int('to', TensorProto_DataType.FLOAT)] });
    steps.push({ opType: 'Mul', extraInputs: [`${from}.perLevel`] });
  }
  const nodes = steps.map(({ opType, extraInputs = [], attribute = [] }, index) =>
    create(NodeProtoSchema, {
      opType,
      name: `${from}.${opType}`,
      input: [index === 0 ? from : `${from}.${index}`, ...extraInputs],
      output: [index === steps.length - 1 ? to : `${from}.${index + 1}`],
      attribute,
    }),
  );
  const perLevel = create(TensorProtoSchema, {
    name: `${from}.perLevel`,
    dataType: TensorProto_DataType.FLOAT,
    floatData: [1 / 255],
  });
  return { nodes, initializers: type === 'float32' ? [perLevel] : [] };
}

function int(name: string, i: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(i) });
}

function ints(name: string, values: number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) });
}

/** @param dims numbers, or names for sizes that are only known at run time */
export function tensorValue(
  name: string,
  elemType: TensorProto_DataType,
  dims: ReadonlyArray<number | string>,
): ValueInfoProto {
  const dim = dims.map((size) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof size === 'number' ? { case: 'dimValue', value: BigInt(size) } : { case: 'dimParam', value: size },
    }),
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
