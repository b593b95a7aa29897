import { checkScore } from '../candidates';
import { RT_DETR_DECODER } from '../../model/export-hints';
import { floatOutput, type Head } from './head';

/** Numbers of queries that detection transformers are published with. */
export const QUERIES: readonly number[] = [100, 300, 900];

/**
 * RT-DETR as Ultralytics exports it: `[1, queries, 4 + classes]`, one row per query: centre x, centre y, width, height as shares of
 * the input, then one score per class, already through the sigmoid. Doubles are rare: each thing is asked for once.
 */
export const rtDetrHead: Head = {
  layout: 'rt-detr',
  describe: 'RT-DETR: one output [1, queries, 4 + classes]',

  fit(outputs, classCount, _input) {
    const [output] = outputs;
    if (outputs.length !== 1 || output?.dims.length !== 3) return undefined;
    const [batch, queries, columns] = output.dims as [number, number, number];
    if (batch !== 1 || columns < 5 || !QUERIES.includes(queries)) return undefined;
    return classCount === undefined || columns === 4 + classCount ? columns - 4 : undefined;
  },

  decode(outputs, { input }, options, found) {
    const { data, dims } = floatOutput(outputs);
    const columns = dims[2] as number;
    for (let at = 0; at < data.length; at += columns) {
      const add = (classId: number): void =>
        found.addCentred(
          (data[at] as number) * input.width,
          (data[at + 1] as number) * input.height,
          (data[at + 2] as number) * input.width,
          (data[at + 3] as number) * input.height,
          data[at + 4 + classId] as number,
          classId,
        );
      let best = -1;
      let bestScore = options.confidence;
      for (let classId = 0; classId < columns - 4; classId++) {
        const score = data[at + 4 + classId] as number;
        if (score <= (options.multiLabel ? options.confidence : bestScore)) continue;
        // (a NaN is not at or below anything)
        checkScore(score);
        if (options.multiLabel) add(classId);
        else [best, bestScore] = [classId, score];
      }
      if (best >= 0) add(best);
    }
  },
};

/**
 * RT-DETR as newer versions export it: `[1, queries, 6]`, one row per query: centre x, centre y, width, height as shares of the
 * input, confidence, class id. Other exports have corners in such rows: only metadata that name its decoder tell them apart.
 */
export const rtDetrListHead: Head = {
  layout: 'rt-detr-list',
  describe: `RT-DETR of newer exports: one output [1, queries, 6], ${RT_DETR_DECODER} in the metadata`,

  fit(outputs, classCount, _input) {
    const [output] = outputs;
    const [batch, queries = 0, columns] = output?.dims ?? [];
    const isList = outputs.length === 1 && output?.dims.length === 3 && batch === 1 && columns === 6;
    return isList && QUERIES.includes(queries) ? (classCount ?? 0) : undefined;
  },

  decode(outputs, { input }, options, found) {
    const { data } = floatOutput(outputs);
    for (let at = 0; at + 5 < data.length; at += 6) {
      const score = data[at + 4] as number;
      // (a NaN is not at or below anything: add() refuses it)
      if (score <= options.confidence) continue;
      const [x, y, width, height] = data.subarray(at, at + 4) as unknown as [number, number, number, number];
      const classId = Math.round(data[at + 5] as number);
      found.addCentred(x * input.width, y * input.height, width * input.width, height * input.height, score, classId);
    }
  },
};
