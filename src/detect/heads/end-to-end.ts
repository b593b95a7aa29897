import { floatOutput, isGridCount, type Head } from './head';

/** What exporters take where nothing else is asked for; small inputs may have as many cells. */
const USUAL_ROWS = 300;

/**
 * Models that suppress doubles themselves (YOLOv10, YOLO26, exports with NMS): `[1, N, 6]`, one row per detection: left,
 * top, right, bottom in input pixels, confidence, class id. Unused rows have confidence 0.
 */
export const endToEndHead: Head = {
  layout: 'end-to-end',
  describe: 'end-to-end (YOLOv10, YOLO26): one output [1, N, 6]',

  fit(outputs, classCount, input) {
    const [output] = outputs;
    if (outputs.length !== 1 || output?.dims.length !== 3) return undefined;
    const [batch, rows, columns] = output.dims as [number, number, number];
    // N is the model's own limit (300), never a whole grid: that would be a YOLOv5, YOLOX or YOLOv6 head with one class
    const isGrid = rows !== USUAL_ROWS && (isGridCount(rows, input, 3) || isGridCount(rows, input, 1));
    if (batch !== 1 || columns !== 6 || isGrid) return undefined;
    return classCount ?? 0;
  },

  decode(outputs, _context, options, found) {
    const { data } = floatOutput(outputs);
    for (let at = 0; at + 5 < data.length; at += 6) {
      const score = data[at + 4] as number;
      // (a NaN is not at or below anything: add() refuses it)
      if (score <= options.confidence) continue;
      const [left, top, right, bottom] = data.subarray(at, at + 4) as unknown as [number, number, number, number];
      found.add(left, top, right, bottom, score, Math.round(data[at + 5] as number));
    }
  },
};
