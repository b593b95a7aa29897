import { join } from 'node:path';
import { simulatePart, type LineOptions, type SimulatedPart } from '../../src/simulate/line';
import { ROOT } from './root';

/** The model of the package, whatever version it has. */
export const SHIPPED_MODEL = join(ROOT, 'models', 'pcb-defects');

/** The float model that it was made from. */
export const SHIPPED_MODEL_FP32 = join(SHIPPED_MODEL, 'fp32', 'model.onnx');

/** Far from every seed that a model is trained, calibrated or certified with (all below a million). */
export const TEST_SEED = 9_000_000;

/** Boards of the simulator that no model has seen; the same at every call. */
export function boards(count: number, options: Partial<LineOptions>): Promise<SimulatedPart[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => simulatePart({ seed: TEST_SEED, ...options }, index)));
}
