import { defineProperties, fromFirstRelease } from '../shared/properties';
import { boolean, choice, integer, number, path } from '../shared/property-kinds';

export const INSPECTION_MODEL = defineProperties({
  type: 'inspection-model',
  isConfig: true,
  migrations: [fromFirstRelease],
  table: {
    model: path({
      icon: 'cube',
      default: 'pcb-defects',
      required: true,
      expects: { what: 'the name or path of a model', key: 'model' },
    }),
    // 0: one per core, at most 4
    threads: integer({ icon: 'microchip', default: 0, min: 0, max: 64 }),
    overload: choice({ icon: 'filter', default: 'latest', choices: ['latest', 'every'] }),
    queueLimit: integer({ icon: 'list-ol', default: 2, min: 1, max: 1000 }),
    watchdogSeconds: number({ icon: 'clock-o', default: 10, min: 0.5, max: 600, step: 0.5 }),
    memoryMapped: boolean({ icon: 'files-o', default: false }),
  },
});
