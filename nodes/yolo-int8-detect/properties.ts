import { defineProperties, fromFirstRelease, Refusal } from '../shared/properties';
import { DEFAULT_OVERLAP, MAX_OVERLAP, parseTiling, type Tiling } from '../../src/contract/tiling';
import { ALIGN_DEFAULTS, NOT_FOUND } from '../../src/contract/alignment';
import type { Rectangle } from '../../src/contract/frame';
import { parseRegion } from '../../src/contract/view';
import { boolean, choice, node, number, optionalNumber, parsed, path } from '../shared/property-kinds';

const ALIGNED = { align: ['true'] };

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
    align: boolean({ icon: 'crosshairs', default: false }),
    reference: path({ icon: 'picture-o', required: true, when: ALIGNED }),
    part: parsed<Rectangle>({
      icon: 'object-group',
      when: ALIGNED,
      expects: { what: 'x, y, width, height of the part in whole pixels', key: 'part' },
      parse: (text) => {
        const box = parseRegion(text);
        if (box === undefined)
          throw new Refusal({ what: 'x, y, width, height of the part in whole pixels', key: 'part' });
        return box;
      },
    }),
    partTurn: number({
      icon: 'undo',
      default: ALIGN_DEFAULTS.rotationDegrees,
      min: 0,
      max: 180,
      unit: 'degrees',
      when: ALIGNED,
    }),
    likeness: number({
      icon: 'sliders',
      default: ALIGN_DEFAULTS.leastScore,
      min: 0.1,
      max: 1,
      step: 0.05,
      when: ALIGNED,
    }),
    notFound: choice({ icon: 'question', default: 'not-inspected', choices: NOT_FOUND, when: ALIGNED }),
  },
});
