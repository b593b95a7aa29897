import type { GraphEditor } from '../../../onnx';
import type { Range } from '../../calibrate/ranges/range';

/** x · sigmoid(x), as exporters write it: a Sigmoid and a Mul that read the same value. */
export interface Silu {
  input: string;
  output: string;
  /** Nobody else reads the input: what the SiLU does not need of its range, nobody needs. */
  onlyReader: boolean;
}

/** All SiLU functions of a graph. */
export function findSilus(graph: GraphEditor): Silu[] {
  return graph.graph.node.flatMap((sigmoid) => {
    if (sigmoid.opType !== 'Sigmoid') return [];
    const [input] = sigmoid.input as [string];
    const [gate] = sigmoid.output as [string];
    const [mul, ...others] = graph.readers(gate);
    if (others.length > 0 || mul?.opType !== 'Mul' || !mul.input.includes(input)) return [];
    const onlyReader = !graph.isOutput(input) && graph.readers(input).length === 2;
    return [{ input, output: mul.output[0]!, onlyReader }];
  });
}

const silu = (x: number): number => x / (1 + Math.exp(-x));

/** Where SiLU is lowest, and how low it is there. */
const LOWEST_AT = -1.27846454;
const LOWEST = -0.27846454;

/**
 * The range of a SiLU's output from that of its input: outputs need not be looked at, which halves the numbers to count.
 * Left of its lowest point SiLU rises again, never above 0.
 */
export function siluRange({ min, max }: Range): Range {
  return { min: max < LOWEST_AT ? silu(max) : min < LOWEST_AT ? LOWEST : silu(min), max: Math.max(0, silu(max)) };
}

/** Below this a SiLU's output is 0 for all purposes: SiLU(−10) = −0.0005, less than the smallest step seen after one. */
export const SILU_CUT = -10;

/**
 * Ranges in which the inputs of SiLU end at −10. Convolutions in front of a SiLU reach −30 and further, all of which the SiLU
 * turns into 0: the steps spent there are taken from the side that passes.
 */
export function cutSiluInputs(ranges: ReadonlyMap<string, Range>, silus: readonly Silu[]): Map<string, Range> {
  const inputs = new Set(silus.filter(({ onlyReader }) => onlyReader).map(({ input }) => input));
  return new Map(
    [...ranges].map(([value, { min, max }]) => [
      value,
      { min: inputs.has(value) ? Math.max(min, SILU_CUT) : min, max },
    ]),
  );
}
