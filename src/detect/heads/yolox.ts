import { checkScore } from '../candidates';
import { cellCount } from '../../model/grid';
import { floatOutput, type Head } from './head';

const STRIDES = [8, 16, 32] as const;

/**
 * YOLOX as its own exporter writes it: `[1, N, 5 + classes]`, one row per cell of the grid (row by row, stride 8 first), not
 * decoded: distance of the centre from the cell's corner in cells, logarithm of width and height in cells, objectness and
 * one score per class through the sigmoid. (Ge et al., "YOLOX", 2021; yolo_head.py, decode_outputs.)
 */
export const yoloxHead: Head = {
  layout: 'yolox',
  describe: 'YOLOX: one output [1, cells, 5 + classes]',

  fit(outputs, classCount, input) {
    const [output] = outputs;
    if (outputs.length !== 1 || output?.dims.length !== 3) return undefined;
    const [batch, cells, columns] = output.dims as [number, number, number];
    if (batch !== 1 || columns < 6 || cells !== cellCount(input, STRIDES)) return undefined;
    return classCount === undefined || columns === 5 + classCount ? columns - 5 : undefined;
  },

  decode(outputs, { input }, options, found) {
    const { data, dims } = floatOutput(outputs);
    const columns = dims[2] as number;
    let at = 0;
    for (const stride of STRIDES) {
      const [across, down] = [Math.ceil(input.width / stride), Math.ceil(input.height / stride)];
      for (let cell = 0; cell < across * down; cell++, at += columns) {
        const objectness = data[at + 4] as number;
        if (objectness <= options.confidence) continue;
        // (a NaN is not at or below anything)
        checkScore(objectness);
        const add = (classId: number, score: number): void =>
          found.addCentred(
            ((data[at] as number) + (cell % across)) * stride,
            ((data[at + 1] as number) + Math.floor(cell / across)) * stride,
            Math.exp(data[at + 2] as number) * stride,
            Math.exp(data[at + 3] as number) * stride,
            score,
            classId,
          );
        let best = -1;
        let bestScore = options.confidence;
        for (let classId = 0; classId < columns - 5; classId++) {
          const score = objectness * (data[at + 5 + classId] as number);
          if (score <= (options.multiLabel ? options.confidence : bestScore)) continue;
          checkScore(score);
          if (options.multiLabel) add(classId, score);
          else [best, bestScore] = [classId, score];
        }
        if (best >= 0) add(best, bestScore);
      }
    }
  },

  scores(outputs) {
    const { data, dims } = floatOutput(outputs);
    const [, places, columns] = dims as [number, number, number];
    const classes = columns - 5;
    const values = new Float32Array(classes * places);
    for (let place = 0; place < places; place++) {
      const objectness = data[place * columns + 4] as number;
      for (let classId = 0; classId < classes; classId++) {
        values[classId * places + place] = objectness * (data[place * columns + 5 + classId] as number);
      }
    }
    return { classes, places, values };
  },
};
