import { METHODS } from '../../src/quantize/calibrate/ranges/methods';
import { TARGETS } from '../../src/quantize/targets';
import { defineProperties, fromFirstRelease } from '../shared/properties';
import { boolean, choice, integer, number, optionalNumber, path } from '../shared/property-kinds';

export const MODEL_CALIBRATE = defineProperties({
  type: 'model-calibrate',
  migrations: [fromFirstRelease],
  table: {
    model: path({ icon: 'cube', required: true }),
    folder: path({ icon: 'picture-o', default: 'calibration-frames', required: true }),
    samples: integer({ icon: 'list-ol', default: 200, min: 11, max: 10_000 }),
    intervalSeconds: number({ icon: 'clock-o', default: 10, min: 0, max: 86_400 }),
    similarBits: integer({ icon: 'clone', default: 8, min: 0, max: 255 }),
    automatic: boolean({ icon: 'magic', default: false }),
    out: path({ icon: 'folder', default: 'models/candidate-int8', required: true }),
    target: choice({ icon: 'microchip', default: 'portable', choices: TARGETS }),
    method: choice({ icon: 'bar-chart', default: 'tail', choices: METHODS }),
    setThresholds: optionalNumber({ icon: 'sliders', min: 0, max: 100, unit: '%' }),
    good: path({ icon: 'check-square-o' }),
    augment: boolean({ icon: 'adjust', default: false }),
    threads: integer({ icon: 'tasks', default: 1, min: 0, max: 64 }),
    maxRecallLoss: number({ icon: 'certificate', default: 2, min: 0, max: 100 }),
  },
});
