import type { InputLayout } from '../../contract/manifest';
import { DataType, floatTensor, makeNode, makeValue, uint8Tensor, type GraphEditor } from '../../onnx';
import type { ActivationType } from '../calibrate/ranges/range';
import { quantizedName } from './write-qdq';

/** Name of the picture input that takes pixels as they come from the decoder. */
export const PIXELS_INPUT = 'pixels';

interface ByteInputOptions {
  inputName: string;
  /** Of the float model: one that takes pixels row by row already keeps them so. */
  inputLayout: InputLayout;
  activationType: ActivationType;
  inputHeight: number;
  inputWidth: number;
}

/**
 * Makes the picture input uint8 [1, height, width, 3]: with scale 1/255 and zero point 0 the quantized input is the pixel
 * byte itself, so the QuantizeLinear falls away and nobody converts to float. The Transpose to the planar layout that the
 * graph was written in is merged by the runtime into its own channels-last kernels. Models with int8 activations need the
 * byte moved by 128, which a DequantizeLinear does for the QuantizeLinear that stays.
 *
 * @param graph in QDQ form, with `inputName` quantized over 0 … 1
 */
export function useByteInput(
  graph: GraphEditor,
  { inputName, inputLayout, activationType: type, inputHeight: height, inputWidth: width }: ByteInputOptions,
): void {
  const quantized = quantizedName(inputName);
  const quantize = graph.producer(quantized);
  const isByteItself = quantize !== undefined && type === 'uint8';
  const planes = isByteItself ? quantized : `${PIXELS_INPUT}_planes`;
  const nodes = [
    inputLayout === 'nhwc'
      ? makeNode('Identity', PIXELS_INPUT, [PIXELS_INPUT], [planes])
      : makeNode('Transpose', PIXELS_INPUT, [PIXELS_INPUT], [planes], { perm: [0, 3, 1, 2] }),
  ];
  if (isByteItself) {
    graph.graph.node = graph.graph.node.filter((node) => node !== quantize);
  } else {
    const [scale, zeroPoint] = [`${PIXELS_INPUT}_scale`, `${PIXELS_INPUT}_zero_point`];
    graph.addConstant(floatTensor(scale, [], [1 / 255]));
    graph.addConstant(uint8Tensor(zeroPoint, [], [0]));
    // what read the float picture, the QuantizeLinear or a float layer, reads the same numbers from the bytes
    nodes.push(makeNode('DequantizeLinear', inputName, [planes, scale, zeroPoint], [inputName]));
  }
  graph.graph.node.push(...nodes);
  graph.graph.input = graph.graph.input.map((input) =>
    input.name === inputName ? makeValue(PIXELS_INPUT, DataType.UINT8, [1, height, width, 3]) : input,
  );
  graph.tidy();
}

/** A raw output of a cut head. */
export interface RawOutput {
  /** Name in the new graph. */
  name: string;
  /** The value of the last convolution. */
  value: string;
  channels: number;
  rows: number;
  columns: number;
}

/**
 * Ends the graph at the last convolutions: their integers come out as they are, channels last (the layout the kernels work
 * in, so that the Transpose costs nothing). Decoding is left to the engine, which only looks at cells above the threshold.
 * What a convolution that stays float says comes out as it is, channels first.
 *
 * @param graph in QDQ form
 */
export function cutHead(graph: GraphEditor, outputs: readonly RawOutput[], type: ActivationType): void {
  const elementType = type === 'uint8' ? DataType.UINT8 : DataType.INT8;
  graph.graph.output = outputs.map(({ name, value, channels, rows, columns }) => {
    const quantized = quantizedName(value);
    if (graph.producer(quantized)) {
      graph.graph.node.push(makeNode('Transpose', name, [quantized], [name], { perm: [0, 2, 3, 1] }));
      return makeValue(name, elementType, [1, rows, columns, channels]);
    }
    graph.producer(value)!.output = [name];
    return makeValue(name, DataType.FLOAT, [1, channels, rows, columns]);
  });
  graph.tidy();
}
