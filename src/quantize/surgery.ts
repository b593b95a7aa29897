import { DataType, makeNode, makeValue, type GraphEditor } from '../onnx';
import { quantizedName } from './write-qdq';

/** Name of the picture input that takes pixels as they come from the decoder. */
export const PIXELS_INPUT = 'pixels';

/**
 * Makes the picture input uint8 [1, height, width, 3]: with scale 1/255 and zero point 0 the quantized input is the pixel
 * byte itself, so the QuantizeLinear falls away and nobody converts to float. The Transpose to the planar layout that the
 * graph was written in is merged by the runtime into its own channels-last kernels.
 *
 * @param graph in QDQ form, with `inputName` quantized at scale 1/255, zero point 0
 */
export function useByteInput(graph: GraphEditor, inputName: string, height: number, width: number): void {
  const quantized = quantizedName(inputName);
  const quantize = graph.producer(quantized)!;
  graph.graph.node = graph.graph.node.filter((node) => node !== quantize);
  graph.graph.node.push(makeNode('Transpose', PIXELS_INPUT, [PIXELS_INPUT], [quantized], { perm: [0, 3, 1, 2] }));
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
 *
 * @param graph in QDQ form
 */
export function cutHead(graph: GraphEditor, outputs: readonly RawOutput[], type: 'uint8' | 'int8'): void {
  const elementType = type === 'uint8' ? DataType.UINT8 : DataType.INT8;
  for (const { name, value } of outputs) {
    graph.graph.node.push(makeNode('Transpose', name, [quantizedName(value)], [name], { perm: [0, 2, 3, 1] }));
  }
  graph.graph.output = outputs.map(({ name, channels, rows, columns }) =>
    makeValue(name, elementType, [1, rows, columns, channels]),
  );
  graph.tidy();
}
