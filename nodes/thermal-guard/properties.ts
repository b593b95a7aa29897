import { GOVERNOR_DEFAULTS, LEAST_ROOM_K, SETTABLE_C } from '../../src/thermal/governor-options';
import { sensorOf } from '../../src/thermal/sensors/sensor-name';
import { defineProperties, fromFirstRelease, Refusal } from '../shared/properties';
import { integer, node, number, parsed } from '../shared/property-kinds';

export const THERMAL_GUARD = defineProperties({
  type: 'thermal-guard',
  migrations: [fromFirstRelease],
  table: {
    soft: number({ icon: 'thermometer-half', default: GOVERNOR_DEFAULTS.softC, ...SETTABLE_C, step: 0.5, unit: '°C' }),
    hard: number({
      icon: 'thermometer-full',
      default: GOVERNOR_DEFAULTS.hardC,
      ...SETTABLE_C,
      step: 0.5,
      unit: '°C',
      check(hard, others) {
        const soft = Number(others.soft ?? GOVERNOR_DEFAULTS.softC);
        if (hard >= soft + LEAST_ROOM_K) return;
        const what = `at least ${LEAST_ROOM_K} °C more than soft (${soft})`;
        throw new Refusal({ what, key: 'more-than-soft', values: { least: LEAST_ROOM_K, soft } });
      },
    }),
    sensor: parsed({
      icon: 'microchip',
      default: 'auto',
      parse: sensorOf,
      expects: { what: 'auto, vcgencmd or the absolute path of a temperature file', key: 'sensor' },
    }),
    // empty: the threads of all models
    model: node({ icon: 'cube', nodeType: 'inspection-model' }),
    // 0: only when something changes
    interval: integer({ icon: 'clock-o', default: 10, min: 0, max: 3600, unit: 's' }),
    // the thermal time constant of the board with its cooling: shorter than any board, longer than a cabinet takes
    reaction: number({ icon: 'line-chart', default: GOVERNOR_DEFAULTS.leadS, min: 5, max: 3600, step: 1, unit: 's' }),
  },
});
