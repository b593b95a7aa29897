import { create } from '@bufbuild/protobuf';
import { InspectionError } from '../contract/errors';
import {
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx';

export { DataType };

type TypedData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** A constant tensor. The data is not copied: it must not be changed afterwards. */
export function makeTensor(name: string, dataType: DataType, dims: number[], data: TypedData): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType,
    dims: dims.map(BigInt),
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

export const floatTensor = (name: string, dims: number[], values: ArrayLike<number>): TensorProto =>
  makeTensor(name, DataType.FLOAT, dims, Float32Array.from(values));

export const uint8Tensor = (name: string, dims: number[], values: ArrayLike<number>): TensorProto =>
  makeTensor(name, DataType.UINT8, dims, Uint8Array.from(values));

export const int8Tensor = (name: string, dims: number[], values: ArrayLike<number>): TensorProto =>
  makeTensor(name, DataType.INT8, dims, Int8Array.from(values));

export const int32Tensor = (name: string, dims: number[], values: ArrayLike<number>): TensorProto =>
  makeTensor(name, DataType.INT32, dims, Int32Array.from(values));

export const int64Tensor = (name: string, dims: number[], values: readonly number[]): TensorProto =>
  makeTensor(name, DataType.INT64, dims, BigInt64Array.from(values.map(BigInt)));

/** Shape of a constant tensor; [] for a scalar. */
export function dimsOf(tensor: TensorProto): number[] {
  return tensor.dims.map(Number);
}

/** Number of elements that a shape has. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

/**
 * The values of a float32 tensor. A view of the model's bytes where alignment allows, so it must not be written to.
 *
 * @throws InspectionError MODEL_INVALID for another element type, or data that is missing or kept in another file
 */
export function floatsOf(tensor: TensorProto): Float32Array {
  if (tensor.dataType !== Number(DataType.FLOAT)) throw unreadable(tensor, 'float32 values');
  const count = sizeOf(dimsOf(tensor));
  if (tensor.floatData.length === count && count > 0) return Float32Array.from(tensor.floatData);
  const { rawData } = tensor;
  if (rawData.byteLength !== count * 4) throw unreadable(tensor, `${count} float32 values`);
  // (not slice(): a Buffer shares its bytes with its slices)
  const aligned = rawData.byteOffset % 4 === 0 ? rawData : Uint8Array.from(rawData);
  return new Float32Array(aligned.buffer as ArrayBuffer, aligned.byteOffset, count);
}

/** The values of an int64 or int32 tensor (shapes, sizes, axes) as numbers. */
export function integersOf(tensor: TensorProto): number[] {
  const { rawData } = tensor;
  if (tensor.int64Data.length > 0) return tensor.int64Data.map(Number);
  if (tensor.int32Data.length > 0) return [...tensor.int32Data];
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  if (tensor.dataType === Number(DataType.INT64)) {
    return Array.from({ length: rawData.byteLength / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
  }
  if (tensor.dataType === Number(DataType.INT32)) {
    return Array.from({ length: rawData.byteLength / 4 }, (_, i) => view.getInt32(i * 4, true));
  }
  throw unreadable(tensor, 'whole numbers');
}

function unreadable(tensor: TensorProto, wanted: string): InspectionError {
  return new InspectionError(
    'MODEL_INVALID',
    `Expected ${wanted} in the model's tensor "${tensor.name}" but received data type ${tensor.dataType} with ${tensor.rawData.byteLength} bytes`,
  );
}

/** Declares an input or output of a graph. A string in the shape is the name of a dynamic axis; no shape: unknown. */
export function makeValue(name: string, elemType: DataType, shape?: readonly (number | string)[]): ValueInfoProto {
  const dim = shape?.map((size) =>
    typeof size === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(size) } }
      : { value: { case: 'dimParam' as const, value: size } },
  );
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: { case: 'tensorType', value: { elemType, ...(dim && { shape: { dim } }) } },
    }),
  });
}
