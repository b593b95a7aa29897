export { decodeOnnx, encodeOnnx, readOnnxFile } from './file';
export { ioOf, metadataOf, type ElementType, type ModelIo, type ModelValue } from './describe';
export type { GraphProto, ModelProto, NodeProto, TensorProto } from './generated/onnx';
