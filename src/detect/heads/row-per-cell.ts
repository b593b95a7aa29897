import { cellCount } from '../../model/grid';

const STRIDES = [8, 16, 32] as const;

/**
 * Whether the rows of `[1, cells, 5 + classes]` hold centres in pixels of the input (decoded) or distances from their own
 * cell (raw): whichever they are nearer to, on average over the grid. A YOLOX export may be either.
 *
 * @param columns numbers per row
 * @returns undefined when the number of rows is not that of the grid
 */
export function isDecoded(
  data: Float32Array,
  columns: number,
  input: { width: number; height: number },
): boolean | undefined {
  if (data.length !== cellCount(input, STRIDES) * columns) return undefined;
  let [fromGrid, fromZero] = [0, 0];
  let at = 0;
  for (const stride of STRIDES) {
    const [across, down] = [Math.ceil(input.width / stride), Math.ceil(input.height / stride)];
    for (let cell = 0; cell < across * down; cell++, at += columns) {
      const [x, y] = [data[at] as number, data[at + 1] as number];
      const [column, row] = [cell % across, Math.floor(cell / across)];
      fromGrid += Math.abs(x / stride - column - 0.5) + Math.abs(y / stride - row - 0.5);
      fromZero += Math.abs(x - 0.5) + Math.abs(y - 0.5);
    }
  }
  return fromGrid < fromZero;
}
