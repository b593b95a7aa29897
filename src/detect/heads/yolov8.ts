import { checkScore } from '../candidates';
import { floatOutput, isGridCount, type Head } from './head';

/**
 * YOLOv8 and 11: `[1, 4 + classes, N]`, one column per grid cell: centre x, centre y, width, height in input pixels, then
 * one score per class, already through the sigmoid.
 */
export const yolov8Head: Head = {
  layout: 'yolov8',
  describe: 'YOLOv8/11: one output [1, 4 + classes, N]',

  fit(outputs, classCount, input) {
    const [output] = outputs;
    if (outputs.length !== 1 || output?.dims.length !== 3) return undefined;
    const [batch, rows, cells] = output.dims as [number, number, number];
    if (batch !== 1 || rows < 5 || !isGridCount(cells, input, 1)) return undefined;
    return classCount === undefined || rows === 4 + classCount ? rows - 4 : undefined;
  },

  decode(outputs, _context, options, found) {
    const { data, dims } = floatOutput(outputs);
    const cells = dims[2] as number;
    const classCount = (dims[1] as number) - 4;
    const emit = (cell: number, score: number, classId: number): void => {
      found.addCentred(
        data[cell] as number,
        data[cells + cell] as number,
        data[2 * cells + cell] as number,
        data[3 * cells + cell] as number,
        score,
        classId,
      );
    };

    if (options.multiLabel) {
      for (let classId = 0, at = 4 * cells; classId < classCount; classId++) {
        for (let cell = 0; cell < cells; cell++, at++) {
          const score = data[at] as number;
          // (a NaN is not at or below anything: emit() refuses it)
          if (!(score <= options.confidence)) emit(cell, score, classId);
        }
      }
      return;
    }
    // Row by row, as the numbers lie in memory; the few cells above the threshold are remembered with their best class.
    const best = new Map<number, number>();
    for (let classId = 0, at = 4 * cells; classId < classCount; classId++) {
      for (let cell = 0; cell < cells; cell++, at++) {
        const score = data[at] as number;
        if (!(score <= options.confidence)) {
          checkScore(score);
          const previous = best.get(cell);
          if (previous === undefined || score > (data[(4 + previous) * cells + cell] as number))
            best.set(cell, classId);
        }
      }
    }
    for (const [cell, classId] of best) emit(cell, data[(4 + classId) * cells + cell] as number, classId);
  },

  scores(outputs) {
    const { data, dims } = floatOutput(outputs);
    const places = dims[2] as number;
    // copied: the runtime's own memory is not to be kept
    return { classes: (dims[1] as number) - 4, places, values: data.slice(4 * places) };
  },
};
