import { create } from '@bufbuild/protobuf';
import { encodeOnnx } from '../onnx';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
} from '../onnx/generated/onnx';
import { conversion, takesPixels, tensorValue, type PictureInputShape } from './picture-input';
import { ModelSession, Tensor } from './session';

/** Turns letterboxed pixels (uint8 RGB, HWC) into the tensor a model wants. */
export interface PictureTensor {
  of(pixels: Uint8Array): Promise<Tensor>;
  close(): Promise<void>;
}

/**
 * For those who need the tensor itself (calibration); a pipeline has the conversion inside its model, see picture-input.
 * uint8 NHWC models take the pixels as they are, without a copy.
 */
export async function openPictureTensor(input: PictureInputShape): Promise<PictureTensor> {
  const shape = [1, input.height, input.width, 3];
  if (takesPixels(input)) {
    return { of: async (pixels) => new Tensor('uint8', pixels, shape), close: async () => undefined };
  }
  const session = await ModelSession.open(conversionModel(input), { threads: 1 });
  return {
    async of(pixels) {
      const { picture } = await session.run({ pixels: new Tensor('uint8', pixels, shape) });
      return picture as Tensor;
    },
    close: () => session.release(),
  };
}

/** `pixels` uint8 [1, H, W, 3] → `picture`. */
function conversionModel(input: PictureInputShape): Uint8Array {
  const { nodes, initializers } = conversion('pixels', 'picture', input);
  const { UINT8, FLOAT } = TensorProto_DataType;
  const dims = ['batch', 'd1', 'd2', 'd3'];
  return encodeOnnx(
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: 'edge-inspect',
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 13n })],
      graph: create(GraphProtoSchema, {
        name: 'picture',
        node: nodes,
        input: [tensorValue('pixels', UINT8, dims)],
        output: [tensorValue('picture', input.type === 'uint8' ? UINT8 : FLOAT, dims)],
        initializer: initializers,
      }),
    }),
  );
}
