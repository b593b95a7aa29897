import type { Random } from '../../kit/random';
import { oneOf } from '../../contract/validate';

export const COOLINGS = ['none', 'passive', 'active'] as const;
export type Cooling = (typeof COOLINGS)[number];

export function coolingOf(value: unknown, name = 'cooling'): Cooling {
  return oneOf(value, name, COOLINGS);
}

/**
 * A board as two thermal masses in a row: the die (seconds) and the body it heats (minutes): board, heatsink or case.
 * All powers are board powers at the 5 V input, all resistances are per watt of board power.
 */
export interface PlantParameters {
  /** Nothing but the operating system, W. */
  idleW: number;
  /** What continuous inference adds to idle, W, by thread count. */
  activeW: { 4: number; 2: number };
  /** One inference at full clock, ms, by thread count. */
  inferMs: { 4: number; 2: number };
  /** Die to body, K/W and J/K. */
  dieKPerW: number;
  dieJPerK: number;
  /** Body to ambient, K/W and J/K. */
  bodyKPerW: number;
  bodyJPerK: number;
}

/** A value and where it comes from; ranges in the sources are wider than the value looks. */
interface Sourced<T> {
  value: T;
  source: string;
}

const SBC_BENCH = 'github.com/ThomasKaiser/sbc-bench';

/** Raspberry Pi 5, 8 GB, running an 8-bit YOLOv8n at 640 × 640. */
export const PI5: {
  idleW: Sourced<number>;
  activeW: Sourced<PlantParameters['activeW']>;
  inferMs: Sourced<PlantParameters['inferMs']>;
  dieKPerW: Sourced<number>;
  dieJPerK: Sourced<number>;
  cooling: Record<Cooling, Sourced<Pick<PlantParameters, 'bodyKPerW' | 'bodyJPerK'>>>;
} = {
  idleW: {
    value: 2.7,
    source: `idle with Ethernet and a camera; 2.7 to 3.3 W summed over the rails in ${SBC_BENCH}, results/1ULtUe.txt and 8-NK.txt`,
  },
  activeW: {
    value: { 4: 5.3, 2: 3.0 },
    source: `8 W at full load, the middle of the published 7 to 9 W; ${SBC_BENCH} reads 5.5 to 6.1 W on the rails alone with four busy cores (results/8-NK.txt). Two threads: assumed, a little more than half`,
  },
  inferMs: {
    value: { 4: 80, 2: 130 },
    source: 'assumed; only the ratio of the two and the load they make matter to the governor',
  },
  dieKPerW: {
    value: 1.5,
    source: `the jump within one reading when four cores start: 4 to 5 K for 2.5 to 3 W more, ${SBC_BENCH} results/8-NK.txt (49.6 to 54.5 °C) and 1ULtUe.txt`,
  },
  dieJPerK: { value: 3, source: 'die, lid and the copper below it: follows from a jump that is over within about 5 s' },
  cooling: {
    none: {
      value: { bodyKPerW: 9.5, bodyJPerK: 19 },
      source:
        'in all 11 K/W and 3 minutes: no heatsink averaged 81 °C and peaked at 89 °C, throttled, in phoronix.com/review/raspberry-pi-5-benchmarks/2, where the active cooler averaged 56 °C',
    },
    passive: {
      value: { bodyKPerW: 5.5, bodyJPerK: 109 },
      source:
        'in all 7 K/W and 10 minutes: 63 °C fully stressed in a fanless aluminium case, github.com/nschloe/stressberry/issues/138; 109 J/K is about 120 g of aluminium; 7 rather than 5.5 K/W for a case inside a cabinet',
    },
    active: {
      value: { bodyKPerW: 3.0, bodyJPerK: 40 },
      source: 'in all 4.5 K/W and 2 minutes: 61 °C fully stressed, github.com/nschloe/stressberry/issues/139',
    },
  },
};

/** The values of PI5 for one kind of cooling, without their sources. */
export function plantParameters(cooling: Cooling): PlantParameters {
  return {
    idleW: PI5.idleW.value,
    activeW: { ...PI5.activeW.value },
    inferMs: { ...PI5.inferMs.value },
    dieKPerW: PI5.dieKPerW.value,
    dieJPerK: PI5.dieJPerK.value,
    ...PI5.cooling[cooling].value,
  };
}

/** Every parameter times its own factor, uniform in 1 ± spread: a board, a case and a mounting as they come. */
export function varied(parameters: PlantParameters, spread: number, random: Random): PlantParameters {
  const factor = () => random.between(1 - spread, 1 + spread);
  // One factor for both thread counts: a board that draws more does so with two threads as well.
  const active = factor();
  const infer = factor();
  return {
    idleW: parameters.idleW * factor(),
    activeW: { 4: parameters.activeW[4] * active, 2: parameters.activeW[2] * active },
    inferMs: { 4: parameters.inferMs[4] * infer, 2: parameters.inferMs[2] * infer },
    dieKPerW: parameters.dieKPerW * factor(),
    dieJPerK: parameters.dieJPerK * factor(),
    bodyKPerW: parameters.bodyKPerW * factor(),
    bodyJPerK: parameters.bodyJPerK * factor(),
  };
}
