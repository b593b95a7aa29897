import { InspectionError } from '../../contract/errors';
import { checkScore } from '../candidates';
import { logit, RawMap, sigmoid } from './cut';
import type { Head } from './head';

/**
 * YOLOv5 cut before the decode tail: per stride one raw tensor of anchors × (5 + classes) channels. Objectness is compared
 * with the threshold first: a confidence is objectness × class score and can only be lower.
 */
export const cutYolov5Head: Head = {
  layout: 'cut-yolov5',
  describe: 'cut YOLOv5 head, described by a manifest',
  fit: () => undefined,

  decode(outputs, context, options, found) {
    const threshold = logit(Math.min(Math.max(options.confidence, 1e-6), 1 - 1e-6));
    const perAnchor = 5 + context.classNames.length;
    (context.head.outputs ?? []).forEach(({ stride, all }, scaleIndex) => {
      const anchors = context.head.anchors?.[scaleIndex];
      if (!all || !anchors) {
        throw new InspectionError(
          'MODEL_INVALID',
          `Expected an output and anchors for stride ${stride} of the cut head in the manifest`,
        );
      }
      const map = new RawMap(outputs, all);
      anchors.forEach(([anchorWidth, anchorHeight], anchorIndex) => {
        const first = anchorIndex * perAnchor;
        map.above(threshold, first + 4, first + 5, (cell, _channel, value) => {
          const objectness = sigmoid(value);
          const classes: { classId: number; score: number }[] = [];
          for (let classId = 0; classId < context.classNames.length; classId++) {
            const score = objectness * sigmoid(map.at(cell, first + 5 + classId));
            if (score <= options.confidence) continue;
            // (a NaN is not at or below anything)
            checkScore(score);
            classes.push({ classId, score });
          }
          if (classes.length === 0) return;
          // YOLOv5 v6: centre = (2σ − 0.5 + cell) · stride, size = (2σ)² · anchor
          const x = (2 * sigmoid(map.at(cell, first)) - 0.5 + (cell % map.columns)) * stride;
          const y = (2 * sigmoid(map.at(cell, first + 1)) - 0.5 + Math.floor(cell / map.columns)) * stride;
          const width = (2 * sigmoid(map.at(cell, first + 2))) ** 2 * anchorWidth;
          const height = (2 * sigmoid(map.at(cell, first + 3))) ** 2 * anchorHeight;
          const chosen = options.multiLabel ? classes : [classes.reduce((a, b) => (b.score > a.score ? b : a))];
          for (const { classId, score } of chosen) found.addCentred(x, y, width, height, score, classId);
        });
      });
    });
  },

  scores(outputs, context) {
    const perAnchor = 5 + context.classNames.length;
    const anchorMaps = (context.head.outputs ?? []).flatMap(({ stride, all }) => {
      if (!all) {
        throw new InspectionError(
          'MODEL_INVALID',
          `Expected an output for stride ${stride} of the cut head in the manifest`,
        );
      }
      const map = new RawMap(outputs, all);
      // anchor by anchor, as the uncut head has them
      const anchors = Math.floor(map.channels / perAnchor);
      return Array.from({ length: anchors }, (_, anchor) => ({ map, channel: anchor * perAnchor + 4 }));
    });
    const classes = context.classNames.length;
    const places = anchorMaps.reduce((sum, { map }) => sum + map.cells, 0);
    const values = new Float32Array(classes * places);
    let first = 0;
    for (const { map, channel } of anchorMaps) {
      const objectness = new Float32Array(map.cells);
      map.sigmoidsInto(objectness, 0, channel);
      for (let classId = 0; classId < classes; classId++) {
        const offset = classId * places + first;
        map.sigmoidsInto(values, offset, channel + 1 + classId);
        for (let cell = 0; cell < map.cells; cell++) values[offset + cell]! *= objectness[cell]!;
      }
      first += map.cells;
    }
    return { classes, places, values };
  },
};
