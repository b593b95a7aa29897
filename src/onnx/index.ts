export { decodeOnnx, encodeOnnx, MODEL_MAX_BYTES, readOnnxFile } from './file';
export { ioOf, metadataOf, type ElementType, type ModelIo, type ModelValue } from './describe';
export { lowerBatch } from './batch';
export { GraphEditor } from './editor';
export { hasHalves, widenHalves } from './half';
export { intAttribute, intsAttribute, makeNode, stringAttribute, type AttributeValue } from './node';
export {
  DataType,
  dimsOf,
  floatsOf,
  floatTensor,
  int32Tensor,
  int64Tensor,
  int8Tensor,
  integersOf,
  makeTensor,
  makeValue,
  sizeOf,
  uint8Tensor,
} from './tensor';
export type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './generated/onnx';
