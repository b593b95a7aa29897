import { dimsOf, floatsOf, type TensorProto } from '../../../onnx';
import type { NodePlan } from '../plan';
import type { QuantizedWeight } from '../weights';

/** The mean of each channel of a value over the calibration pictures. */
export type ChannelMeans = ReadonlyMap<string, Float32Array>;

/** The values whose channel means bias correction needs: the inputs of quantized convolutions. */
export function valuesToAverage(nodes: readonly NodePlan[]): string[] {
  return [...new Set(nodes.filter(({ bias }) => bias !== undefined).map(({ node }) => node.input[0]!))];
}

/**
 * Shifts a convolution's bias by what rounding its weights adds to the mean of each output channel: the sum of weight error
 * times mean input (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, with
 * observed instead of derived means). Borders, where padding replaces the input, are not treated apart.
 */
export function correctedBias(
  bias: Float32Array,
  weight: TensorProto,
  { tensor, scales }: QuantizedWeight,
  inputMeans: Float32Array,
): Float32Array {
  const [outputs, inputs, height, width] = dimsOf(weight) as [number, number, number, number];
  const original = floatsOf(weight);
  const quantized = new Int8Array(tensor.rawData.buffer, tensor.rawData.byteOffset, tensor.rawData.byteLength);
  const perInput = height * width;
  const inputsPerGroup = inputs;
  const outputsPerGroup = outputs / (inputMeans.length / inputsPerGroup);
  return bias.map((value, output) => {
    const firstInput = Math.floor(output / outputsPerGroup) * inputsPerGroup;
    let shift = 0;
    let at = output * inputs * perInput;
    for (let input = 0; input < inputs; input++) {
      let error = 0;
      for (let i = 0; i < perInput; i++, at++) error += quantized[at]! * scales[output]! - original[at]!;
      shift += error * inputMeans[firstInput + input]!;
    }
    return value - shift;
  });
}
