import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { expected, InspectionError, messageOf } from '../contract/errors';
import { readRegularFile } from '../kit/read-file';
import { refuseExternalData } from './external-data';
import { ModelProtoSchema, type ModelProto } from './generated/onnx';

/** Larger models are none that a station could run; 1 GiB is eighty times YOLOv8n. */
export const MODEL_MAX_BYTES = 2 ** 30;

/** What the sentence of every refusal says was wanted. */
const WANTED = 'an ONNX model file';

/**
 * Reads an ONNX file. Weights are not copied: `rawData` of every tensor is a view into the bytes read.
 *
 * protobuf-es parses the 12.8 MB yolov8n.onnx in about 1 ms and writes it in 6 … 12 ms:
 * see lab/bench/quantize/onnx-io.ts.
 *
 * @throws InspectionError MODEL_NOT_FOUND when there is no such file, MODEL_INVALID when it is no ONNX model (text, empty,
 *   truncated), IO_FAILED when it cannot be read
 */
export async function readOnnxFile(path: string): Promise<ModelProto> {
  let bytes: Buffer;
  try {
    bytes = await readRegularFile(path, 'model', { maxBytes: MODEL_MAX_BYTES, mayBeLink: true });
  } catch (error) {
    if (error instanceof InspectionError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw expected('the path of an ONNX file that exists', 'model', path, 'MODEL_NOT_FOUND');
    }
    throw new InspectionError('IO_FAILED', `The model ${path} could not be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return decodeOnnx(bytes, path);
}

/**
 * Decodes the bytes of an ONNX file; tensors stay views into `bytes`.
 *
 * @param name what the sentence of a refusal calls the model: its path
 * @throws InspectionError MODEL_INVALID
 */
export function decodeOnnx(bytes: Uint8Array, name: string): ModelProto {
  if (bytes.byteLength === 0) throw invalid(name, 'an empty file');
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (error) {
    throw invalid(name, `${bytes.byteLength} bytes that are not one, or only a part of one`, error);
  }
  // Protobuf accepts almost anything: a model without a graph or an operator set is no model.
  if (!model.graph || model.graph.node.length === 0) throw invalid(name, 'a file without a graph');
  if (model.opsetImport.length === 0) throw invalid(name, 'a file that names no operator set');
  refuseExternalData(model, name);
  return model;
}

/** The bytes of an ONNX file. */
export function encodeOnnx(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

function invalid(name: string, received: string, cause?: unknown): InspectionError {
  return new InspectionError('MODEL_INVALID', `Expected ${WANTED} for model but received ${received}: ${name}`, {
    cause,
  });
}
