import type { ActivationType } from './calibrate/ranges/range';

export const TARGETS = ['portable', 'arm64', 'x64-vnni', 'x64-avx2'] as const;
export type Target = (typeof TARGETS)[number];

/** Targets that nobody needs to choose any more, and what to tell who does. */
export const OLD_TARGETS: Partial<Record<Target, string>> = {
  'x64-avx2':
    '--target x64-avx2 is not needed any more: portable models are calculated exactly on processors without VNNI too, and lose less accuracy',
};

/** How numbers are stored for a kind of CPU; why is in docs/targets.md. */
export interface TargetRules {
  activationType: ActivationType;
  /** Largest weight magnitude. */
  weightLimit: number;
}

/**
 * `arm64`: the runtime's int8 × int8 kernels need no packing and no row sums of the input; on x64 there are none.
 *
 * `x64-avx2`: without VNNI a uint8 × int8 product pair is added in 16 bits and saturates at 2 × 255 × 127; with 7-bit
 * weights (±63) it cannot. Not needed since sessions choose kernels that do not saturate (src/model/kernels.ts); kept so that
 * old commands and flows go on working.
 */
export const TARGET_RULES: Record<Target, TargetRules> = {
  portable: { activationType: 'uint8', weightLimit: 127 },
  arm64: { activationType: 'int8', weightLimit: 127 },
  'x64-vnni': { activationType: 'uint8', weightLimit: 127 },
  'x64-avx2': { activationType: 'uint8', weightLimit: 63 },
};
