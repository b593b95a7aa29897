import { InspectionError } from '../../contract/errors';
import type { CutTensor } from '../../contract/manifest';
import type { Tensor } from '../../model/session';

type Values = Float32Array | Uint8Array | Int8Array;

/** Of uint8 and int8 together. */
const LOWEST_BYTE = -128;

export const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));
export const logit = (probability: number): number => Math.log(probability / (1 - probability));

function notANumber(value: number): InspectionError {
  const wanted = 'Expected finite numbers in the answer of the model';
  return new InspectionError('MODEL_INVALID', `${wanted} but received ${value}`);
}

/** A raw output of a cut head: reads real numbers, finds cells above a threshold without turning any into a float. */
export class RawMap {
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  readonly #values: Values;
  readonly #scale: number;
  readonly #zeroPoint: number;
  /** Steps in the data from one cell, and from one channel, to the next. */
  readonly #cellStep: number;
  readonly #channelStep: number;
  #sigmoids: Float32Array | undefined;

  constructor(outputs: Record<string, Tensor>, described: CutTensor) {
    const tensor = outputs[described.name];
    if (tensor?.dims.length !== 4) {
      throw new InspectionError(
        'MODEL_UNSUPPORTED',
        `Expected an output ${described.name} with four dimensions for the cut head but received ${tensor ? `[${tensor.dims.join(', ')}]` : 'no such output'}`,
      );
    }
    const [, second, third, fourth] = tensor.dims as [number, number, number, number];
    const nhwc = described.layout === 'nhwc';
    [this.rows, this.columns, this.channels] = nhwc ? [second, third, fourth] : [third, fourth, second];
    this.#cellStep = nhwc ? this.channels : 1;
    this.#channelStep = nhwc ? 1 : this.rows * this.columns;
    this.#values = tensor.data as Values;
    this.#scale = described.type === 'float32' ? 1 : (described.scale ?? 1);
    this.#zeroPoint = described.type === 'float32' ? 0 : (described.zeroPoint ?? 0);
  }

  /** The real number of a channel at a cell (row-major). */
  at(cell: number, channel: number): number {
    const raw = this.#values[cell * this.#cellStep + channel * this.#channelStep] as number;
    return (raw - this.#zeroPoint) * this.#scale;
  }

  get cells(): number {
    return this.rows * this.columns;
  }

  /** Writes the sigmoid of a channel at every cell into `target`, from `offset` on. */
  sigmoidsInto(target: Float32Array, offset: number, channel: number): void {
    const { cells } = this;
    for (let cell = 0; cell < cells; cell++) {
      const raw = this.#values[cell * this.#cellStep + channel * this.#channelStep] as number;
      target[offset + cell] = this.#sigmoidOf(raw);
    }
  }

  /** Bytes have few values: their sigmoids are worked out once. */
  #sigmoidOf(raw: number): number {
    if (this.#values instanceof Float32Array) return sigmoid(raw);
    this.#sigmoids ??= Float32Array.from({ length: 384 }, (_, byte) => {
      return sigmoid((byte + LOWEST_BYTE - this.#zeroPoint) * this.#scale);
    });
    return this.#sigmoids[raw - LOWEST_BYTE] as number;
  }

  /**
   * Calls `visit` for every cell and channel in [from, to) whose real number is above the threshold. The comparison is
   * done on the raw numbers: a threshold is turned into one raw number once instead of every number into a real one.
   */
  above(
    threshold: number,
    from: number,
    to: number,
    visit: (cell: number, channel: number, value: number) => void,
  ): void {
    const values = this.#values;
    const rawThreshold = threshold / this.#scale + this.#zeroPoint;
    const { cells } = this;
    const nhwc = this.#channelStep === 1;
    const outer = nhwc ? cells : to - from;
    const inner = nhwc ? to - from : cells;
    for (let i = 0; i < outer; i++) {
      let index = nhwc ? i * this.#cellStep + from : (from + i) * this.#channelStep;
      for (let j = 0; j < inner; j++, index++) {
        if (!((values[index] as number) <= rawThreshold)) {
          const value = ((values[index] as number) - this.#zeroPoint) * this.#scale;
          // before a sigmoid makes a number of it
          if (!Number.isFinite(value)) throw notANumber(value);
          if (nhwc) visit(i, from + j, value);
          else visit(j, from + i, value);
        }
      }
    }
  }
}
