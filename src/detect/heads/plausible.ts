import { InspectionError } from '../../contract/errors';
import type { HeadLayout } from '../../contract/manifest';
import type { Tensor } from '../../model/session';
import { SCORE_SLACK } from '../candidates';
import { isDecoded } from './row-per-cell';

interface Answer {
  data: Float32Array;
  dims: readonly number[];
  classCount: number;
  input: { width: number; height: number };
}

/**
 * What a model must not answer on a grey picture if it is of the layout that its shape fits; undefined: it may be. Shapes alone
 * do not tell: `[1, 300, 6]` is an end-to-end detector, or RT-DETR with two classes; a row more in `[1, 4 + classes, N]` is a
 * class, or an angle.
 */
type Doubt = (answer: Answer) => string | undefined;

/** No grid of cells is this small: boxes that end here are shares of the picture. */
const SMALLEST_PICTURE = 2;

const DOUBTS: Partial<Record<HeadLayout, Doubt>> = {
  yolov8({ data, dims }) {
    const cells = dims[2] as number;
    return scores(data.subarray(4 * cells)) ?? pixels(data.subarray(0, 4 * cells));
  },

  yolov5({ data, dims, input }) {
    const columns = dims[2] as number;
    if (isDecoded(data, columns, input) === false) return 'distances from each cell instead of boxes (YOLOX?)';
    for (let at = 0; at < data.length; at += columns) {
      const doubt = scores(data.subarray(at + 4, at + columns));
      if (doubt !== undefined) return doubt;
    }
    return pixels(data.filter((_, at) => at % columns < 4));
  },

  yolox({ data, dims, input }) {
    const columns = dims[2] as number;
    for (let at = 0; at < data.length; at += columns) {
      const doubt = scores(data.subarray(at + 4, at + columns));
      if (doubt !== undefined) return doubt;
    }
    return isDecoded(data, columns, input) ? 'boxes in pixels instead of distances from each cell' : undefined;
  },

  'rt-detr'({ data, dims }) {
    const columns = dims[2] as number;
    const rows = Array.from({ length: data.length / columns }, (_, row) =>
      data.subarray(columns * row, columns * (row + 1)),
    );
    for (const row of rows) {
      const doubt = scores(row.subarray(4));
      if (doubt !== undefined) return doubt;
    }
    const largest = rows.flatMap((row) => [...row.subarray(0, 4)]).reduce((max, value) => Math.max(max, value), 0);
    if (largest > SMALLEST_PICTURE)
      return `boxes that reach ${largest.toFixed(3)} (pixels instead of shares of the picture?)`;
    // classes that are numbers, and rows without anything, are those of a list of detections
    const isList = columns === 6 && rows.every((row) => Number.isInteger(row[5]));
    return isList
      ? 'whole numbers as the scores of a class (a list of detections as shares of the picture?)'
      : undefined;
  },

  'rt-detr-list'({ data, dims, classCount }) {
    const queries = dims[1] as number;
    for (let at = 0; at < 6 * queries; at += 6) {
      const doubt = scores(data.subarray(at + 4, at + 5)) ?? classDoubt(data[at + 5] as number, classCount);
      if (doubt !== undefined) return doubt;
    }
    const boxes = data.filter((_, at) => at % 6 < 4);
    const largest = boxes.reduce((max, value) => Math.max(max, value), 0);
    return largest > SMALLEST_PICTURE ? `boxes that reach ${largest.toFixed(3)} (pixels?)` : undefined;
  },

  'end-to-end'({ data, classCount }) {
    const rows = Array.from({ length: data.length / 6 }, (_, row) => data.subarray(6 * row, 6 * row + 6));
    for (const row of rows) {
      const [score, classId] = [row[4] as number, row[5] as number];
      const doubt = scores(row.subarray(4, 5));
      if (doubt !== undefined) return doubt;
      if (Math.abs(classId - Math.round(classId)) > 1e-3 || (score > 0 && classId < 0)) {
        return `${classId.toFixed(3)} as the number of a class (the scores of two classes, as RT-DETR gives them?)`;
      }
      if (classCount > 0 && classId >= classCount) return `class ${classId} of ${classCount}`;
    }
    const filled = rows.filter((row) => (row[4] as number) > 0);
    return filled.length === 0
      ? undefined
      : pixels(Float32Array.from(filled.flatMap((row) => [...row.subarray(0, 4)])));
  },
};

function classDoubt(classId: number, classCount: number): string | undefined {
  if (Math.abs(classId - Math.round(classId)) > 1e-3 || classId < 0)
    return `${classId.toFixed(3)} as the number of a class`;
  return classCount > 0 && classId >= classCount ? `class ${classId} of ${classCount}` : undefined;
}

function scores(values: Float32Array): string | undefined {
  for (const value of values) {
    if (value < -SCORE_SLACK || value > 1 + SCORE_SLACK || Number.isNaN(value)) {
      return `${value.toFixed(3)} as a score, which is not between 0 and 1 (raw numbers, an angle or a key point?)`;
    }
  }
  return undefined;
}

function pixels(coordinates: Float32Array): string | undefined {
  const largest = coordinates.reduce((max, value) => Math.max(max, value), 0);
  if (largest > SMALLEST_PICTURE) return undefined;
  return `boxes that reach ${largest.toFixed(3)} (shares of the picture instead of pixels?)`;
}

/**
 * What a model answers that it must not if it is of the layout that its shape fits: it would be silently wrong.
 *
 * @param outputs on a grey picture
 * @returns undefined: nothing
 */
export function doubtOf(
  layout: HeadLayout,
  outputs: Record<string, Tensor>,
  { classCount, input }: Pick<Answer, 'classCount' | 'input'>,
): string | undefined {
  const [tensor] = Object.values(outputs);
  if (!tensor || !(tensor.data instanceof Float32Array)) return undefined;
  return DOUBTS[layout]?.({ data: tensor.data, dims: tensor.dims, classCount, input });
}

/** The refusal of a model whose first answer does not fit any layout that its shape does. */
export function implausible(layout: HeadLayout, doubt: string): InspectionError {
  return new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected the answers of a detection model (${layout}) in pixels but a grey picture got ${doubt}: export it for the task detect`,
  );
}
