/** Steps to the neighbours of a pixel, as dx, dy pairs: over its sides, and over its corners too. */
export const SIDES: readonly number[] = [0, -1, -1, 0, 1, 0, 0, 1];
export const SIDES_AND_CORNERS: readonly number[] = [...SIDES, -1, -1, 1, -1, -1, 1, 1, 1];

/**
 * Takes a connected figure of pixels, beginning with one of them.
 *
 * @param start index of the first pixel, row by row
 * @param steps SIDES or SIDES_AND_CORNERS
 * @param take whether a pixel belongs and was not taken before; must mark it as taken
 * @returns how many pixels were taken
 */
export function flood(
  width: number,
  height: number,
  start: number,
  steps: readonly number[],
  take: (index: number) => boolean,
): number {
  if (!take(start)) return 0;
  const stack = [start];
  let size = 0;
  while (stack.length > 0) {
    const at = stack.pop() as number;
    size++;
    const x = at % width;
    const y = (at / width) | 0;
    for (let i = 0; i < steps.length; i += 2) {
      const nx = x + (steps[i] as number);
      const ny = y + (steps[i + 1] as number);
      if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
      if (take(ny * width + nx)) stack.push(ny * width + nx);
    }
  }
  return size;
}
