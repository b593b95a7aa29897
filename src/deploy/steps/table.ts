import type { Step } from '../step';
import { check } from './check';
import { flow } from './flow';
import { modelStep } from './model';
import { nodeRedStep } from './node-red';
import { packageStep } from './package';
import { start } from './start';
import { verify } from './verify';

/** In this order; undone from the last to the first. */
export const STEPS: readonly Step[] = [check, nodeRedStep, packageStep, modelStep, start, flow, verify];
