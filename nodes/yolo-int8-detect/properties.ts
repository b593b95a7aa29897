import { defineProperties, fromFirstRelease } from '../shared/properties';
import { DEFAULT_OVERLAP, MAX_OVERLAP, parseTiling, type Tiling } from '../../src/contract/tiling';
import { node, number, optionalNumber, parsed } from '../shared/property-kinds';

export const YOLO_INT8_DETECT = defineProperties({
  type: 'yolo-int8-detect',
  migrations: [fromFirstRelease],
  table: {
    model: node({ icon: 'cube', nodeType: 'inspection-model', required: true }),
    // blank: the model's own threshold
    confidence: optionalNumber({ icon: 'sliders', min: 0, max: 1, step: 0.01 }),
    // off, auto or columns x rows
    tiles: parsed<Tiling['layout'] | undefined>({
      icon: 'th',
      default: 'off',
      expects: { what: 'off, auto, or columns x rows such as 3x2', key: 'tiles' },
      parse: (text) => parseTiling(text)?.layout,
    }),
    tileOverlap: number({
      icon: 'clone',
      default: DEFAULT_OVERLAP,
      min: 0,
      max: MAX_OVERLAP,
      step: 0.05,
    }),
  },
});
