import { InspectionError } from '../../contract/errors';
import type { CandidateList } from '../candidates';
import { logit, RawMap, sigmoid } from './cut';
import type { Head } from './head';

/** Bins per side of the box in the DFL head of YOLOv8 and 11. */
const DEFAULT_REG_MAX = 16;

/**
 * YOLOv8 and 11 cut before the decode tail: per stride the raw box branch (4 × regMax channels) and the raw class branch
 * (one logit per class), as uint8 or float. Class logits are compared with the threshold's logit first (the sigmoid is
 * monotonic), so that the softmax over box bins is computed for the few survivors only instead of for 8400 cells.
 */
export const cutYolov8Head: Head = {
  layout: 'cut-yolov8',
  describe: 'cut YOLOv8/11 head, described by a manifest',
  fit: () => undefined,

  decode(outputs, context, options, found) {
    const regMax = context.head.regMax ?? DEFAULT_REG_MAX;
    const threshold = logit(Math.min(Math.max(options.confidence, 1e-6), 1 - 1e-6));
    for (const { stride, box, classes } of context.head.outputs ?? []) {
      if (!box || !classes) {
        throw new InspectionError(
          'MODEL_INVALID',
          `Expected a box and a classes tensor for stride ${stride} of the cut head in the manifest`,
        );
      }
      const boxes = new RawMap(outputs, box);
      const scores = new RawMap(outputs, classes);
      const classCount = Math.min(scores.channels, context.classNames.length);
      if (options.multiLabel) {
        scores.above(threshold, 0, classCount, (cell, classId, value) => {
          addCell(boxes, regMax, stride, cell, sigmoid(value), classId, found);
        });
        continue;
      }
      const best = new Map<number, { classId: number; value: number }>();
      scores.above(threshold, 0, classCount, (cell, classId, value) => {
        const previous = best.get(cell);
        if (!previous || value > previous.value) best.set(cell, { classId, value });
      });
      for (const [cell, { classId, value }] of best) {
        addCell(boxes, regMax, stride, cell, sigmoid(value), classId, found);
      }
    }
  },

  scores(outputs, context) {
    const maps = (context.head.outputs ?? []).map(({ stride, classes }) => {
      if (classes) return new RawMap(outputs, classes);
      throw new InspectionError(
        'MODEL_INVALID',
        `Expected a classes tensor for stride ${stride} of the cut head in the manifest`,
      );
    });
    const classes = Math.min(context.classNames.length, ...maps.map(({ channels }) => channels));
    const places = maps.reduce((sum, { cells }) => sum + cells, 0);
    const values = new Float32Array(classes * places);
    let first = 0;
    for (const map of maps) {
      for (let classId = 0; classId < classes; classId++) map.sigmoidsInto(values, classId * places + first, classId);
      first += map.cells;
    }
    return { classes, places, values };
  },
};

/** Expected value of one side's distribution over distances 0 … regMax−1, in cells (Generalized Focal Loss, Li et al. 2020). */
function expectedDistance(boxes: RawMap, cell: number, firstChannel: number, regMax: number): number {
  // one bin is the distance itself (YOLO26)
  if (regMax === 1) return boxes.at(cell, firstChannel);
  let max = -Infinity;
  for (let bin = 0; bin < regMax; bin++) max = Math.max(max, boxes.at(cell, firstChannel + bin));
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < regMax; bin++) {
    const weight = Math.exp(boxes.at(cell, firstChannel + bin) - max);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}

function addCell(
  boxes: RawMap,
  regMax: number,
  stride: number,
  cell: number,
  score: number,
  classId: number,
  found: CandidateList,
): void {
  const x = (cell % boxes.columns) + 0.5;
  const y = Math.floor(cell / boxes.columns) + 0.5;
  const [left, top, right, bottom] = [0, 1, 2, 3].map((side) =>
    expectedDistance(boxes, cell, side * regMax, regMax),
  ) as [number, number, number, number];
  found.add((x - left) * stride, (y - top) * stride, (x + right) * stride, (y + bottom) * stride, score, classId);
}
