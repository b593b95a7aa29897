import { NMS_DEFAULTS } from '../../src/detect/nms';
import { defineProperties, fromFirstRelease } from '../shared/properties';
import { boolean, integer, number } from '../shared/property-kinds';

export const NMS = defineProperties({
  type: 'nms',
  migrations: [fromFirstRelease],
  table: {
    iou: number({ icon: 'object-group', default: NMS_DEFAULTS.iou, min: 0, max: 1, step: 0.05 }),
    maxDetections: integer({ icon: 'list-ol', default: NMS_DEFAULTS.maxDetections, min: 1, max: 10_000 }),
    classAware: boolean({ icon: 'tags', default: NMS_DEFAULTS.classAware }),
  },
});
