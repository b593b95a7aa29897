/**
 * How sure a model is of every class at every place of its grid, 0 … 1, before any threshold: its answer while it still is
 * a tensor. Heads of one family give the same places in the same order, whether cut or not, INT8 or float.
 */
export interface ScoreMap {
  classes: number;
  /** Cells of all strides together (times anchors, where the head has them). */
  places: number;
  /** classes × places numbers, class by class; places stride by stride, row by row. */
  values: Float32Array;
}

export const sameShape = (a: ScoreMap, b: ScoreMap): boolean => a.classes === b.classes && a.places === b.places;

export const shapeText = ({ classes, places }: ScoreMap): string => `${classes} classes × ${places} places`;

/** Mean |a − b| over two maps of one shape, 0 … 1. */
export function meanAbsoluteDifference(a: ScoreMap, b: ScoreMap): number {
  let sum = 0;
  for (let index = 0; index < a.values.length; index++) {
    sum += Math.abs((a.values[index] as number) - (b.values[index] as number));
  }
  return sum / a.values.length;
}
