/** Number of grid cells over the strides, e.g. 8400 at 640 × 640 and strides 8, 16, 32. */
export function cellCount(input: { width: number; height: number }, strides: readonly number[] = [8, 16, 32]): number {
  return strides.reduce((sum, stride) => sum + Math.ceil(input.width / stride) * Math.ceil(input.height / stride), 0);
}
