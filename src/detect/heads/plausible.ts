import { InspectionError } from '../../contract/errors';
import type { HeadLayout } from '../../contract/manifest';
import type { Tensor } from '../../model/session';
import { SCORE_SLACK } from '../candidates';

interface Answer {
  data: Float32Array;
  dims: readonly number[];
  classCount: number;
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

  yolov5({ data, dims }) {
    const columns = dims[2] as number;
    for (let at = 0; at < data.length; at += columns) {
      const doubt = scores(data.subarray(at + 4, at + columns));
      if (doubt !== undefined) return doubt;
    }
    return pixels(data.filter((_, at) => at % columns < 4));
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
 * Refuses a bare model whose first answer does not fit the layout that its shape does: it would be silently wrong.
 *
 * @param outputs on a grey picture
 * @throws InspectionError MODEL_UNSUPPORTED
 */
export function assertPlausible(layout: HeadLayout, outputs: Record<string, Tensor>, classCount: number): void {
  const [tensor] = Object.values(outputs);
  if (!tensor || !(tensor.data instanceof Float32Array)) return;
  const doubt = DOUBTS[layout]?.({ data: tensor.data, dims: tensor.dims, classCount });
  if (doubt === undefined) return;
  throw new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected the answers of a detection model (${layout}) in pixels but a grey picture got ${doubt}: export it for the task detect`,
  );
}
