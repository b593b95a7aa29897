import { defineProperties, fromFirstRelease } from '../shared/properties';
import { node, optionalNumber } from '../shared/property-kinds';

export const YOLO_INT8_DETECT = defineProperties({
  type: 'yolo-int8-detect',
  migrations: [fromFirstRelease],
  table: {
    model: node({ icon: 'cube', nodeType: 'inspection-model', required: true }),
    // blank: the model's own threshold
    confidence: optionalNumber({ icon: 'sliders', min: 0, max: 1, step: 0.01 }),
  },
});
