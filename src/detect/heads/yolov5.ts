import { cellCount } from '../../model/grid';
import { checkScore } from '../candidates';
import { floatOutput, isGridCount, type Head } from './head';

/**
 * YOLOv5: `[1, N, 5 + classes]`, one row per anchor: centre x, centre y, width, height in input pixels, objectness, then
 * one score per class; the confidence is objectness × score. YOLOv6 and decoded YOLOX have one row per cell of the same kind.
 */
export const yolov5Head: Head = {
  layout: 'yolov5',
  describe: 'YOLOv5, YOLOv6: one output [1, N, 5 + classes]',

  fit(outputs, classCount, input) {
    const [output] = outputs;
    if (outputs.length !== 1 || output?.dims.length !== 3) return undefined;
    const [batch, anchors, columns] = output.dims as [number, number, number];
    if (batch !== 1 || columns < 6 || !(isGridCount(anchors, input, 3) || anchors === cellCount(input)))
      return undefined;
    return classCount === undefined || columns === 5 + classCount ? columns - 5 : undefined;
  },

  decode(outputs, _context, options, found) {
    const { data, dims } = floatOutput(outputs);
    const columns = dims[2] as number;
    for (let at = 0; at < data.length; at += columns) {
      const objectness = data[at + 4] as number;
      if (objectness <= options.confidence) continue;
      // (a NaN is not at or below anything)
      checkScore(objectness);
      let bestClass = -1;
      let bestScore = options.confidence;
      for (let classId = 0; classId < columns - 5; classId++) {
        const score = objectness * (data[at + 5 + classId] as number);
        if (score <= options.confidence) continue;
        checkScore(score);
        if (options.multiLabel) addRow(at, score, classId);
        else if (score > bestScore) {
          bestScore = score;
          bestClass = classId;
        }
      }
      if (bestClass >= 0) addRow(at, bestScore, bestClass);
    }

    function addRow(at: number, score: number, classId: number): void {
      const [x, y, width, height] = data.subarray(at, at + 4) as unknown as [number, number, number, number];
      found.addCentred(x, y, width, height, score, classId);
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
