import { dimsOf, floatsOf, int32Tensor, int8Tensor, sizeOf, type TensorProto } from '../../onnx';

/** Smallest weight scale: a channel of zeros still needs one. */
const MIN_WEIGHT_SCALE = 1e-12;

/** Largest magnitude of an int32 bias that leaves room for the sum that is added to it. */
const MAX_BIAS = 2 ** 30;

export interface QuantizedWeight {
  tensor: TensorProto;
  /** One per output channel. */
  scales: Float32Array;
}

/**
 * Symmetric signed weights with one scale per output channel (axis 0).
 *
 * @param limit largest magnitude: 127, or 63 where 8-bit products would saturate the CPU's 16-bit sums
 * @param inputScale,bias given, channels whose bias would not fit 32 bits at scale input × weight get a larger scale
 */
export function quantizeWeight(
  name: string,
  weight: TensorProto,
  limit: number,
  inputScale: number,
  bias?: Float32Array,
): QuantizedWeight {
  const dims = dimsOf(weight);
  const channels = dims[0]!;
  const perChannel = sizeOf(dims) / channels;
  const values = floatsOf(weight);
  const scales = new Float32Array(channels);
  const quantized = new Int8Array(values.length);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * perChannel;
    let largest = 0;
    for (let i = start; i < start + perChannel; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const forBias = Math.abs(bias?.[channel] ?? 0) / (inputScale * MAX_BIAS);
    const scale = Math.fround(Math.max(largest / limit, forBias, MIN_WEIGHT_SCALE));
    scales[channel] = scale;
    for (let i = start; i < start + perChannel; i++) {
      quantized[i] = Math.max(-limit, Math.min(limit, Math.round(values[i]! / scale)));
    }
  }
  return { tensor: int8Tensor(name, dims, quantized), scales };
}

/** The bias at scale input × weight, as the runtime adds it to the 32-bit sums. */
export function quantizeBias(
  name: string,
  bias: Float32Array,
  inputScale: number,
  weightScales: Float32Array,
): { tensor: TensorProto; scales: Float32Array } {
  const scales = weightScales.map((scale) => Math.fround(inputScale * scale));
  const quantized = Array.from(bias, (value, channel) => Math.round(value / scales[channel]!));
  return { tensor: int32Tensor(name, [bias.length], quantized), scales };
}
