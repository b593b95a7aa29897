import { resolve } from 'node:path';
import { SHADOW_DEFAULTS, type ShadowSettings } from './controller-options';
import { HEALTH_DEFAULTS } from './health';
import type { ReviewLimits } from '../review/review-store';

/** Megabytes as disks are sold, not 2^20. */
const BYTES_PER_MB = 1_000_000;
const MS_PER_MINUTE = 60_000;

/** What a user sets of a shadow, checked. */
export interface ShadowProperties {
  sample: number;
  threshold: number;
  /** undefined: as the line does. */
  confidence: number | undefined;
  automatic: boolean;
  canaryShare: number;
  canaryParts: number;
  windowMinutes: number;
  reportFrames: number;
  evidence: string;
  evidenceItems: number;
  evidenceMegabytes: number;
  auditRate: number;
}

/** What a user sets of the store of people's answers, checked. */
export interface ReviewProperties {
  reviewCards: number;
  reviewMegabytes: number;
}

/** The folder of disputed frames where none is named. */
const DISPUTED = 'disputed';

/** The limits of a store. */
export function reviewLimits({ reviewCards, reviewMegabytes }: ReviewProperties): Partial<ReviewLimits> {
  return { maxOpen: reviewCards, maxBytes: reviewMegabytes * BYTES_PER_MB };
}

/**
 * The settings of a controller.
 *
 * @param folder what a relative evidence folder starts from
 */
export function shadowSettings(properties: ShadowProperties, folder: string): ShadowSettings {
  const { windowMinutes, evidence, evidenceItems, evidenceMegabytes, ...rest } = properties;
  return {
    ...SHADOW_DEFAULTS,
    ...rest,
    health: { ...HEALTH_DEFAULTS, windowMs: windowMinutes * MS_PER_MINUTE },
    disputedFolder: resolve(folder, evidence || DISPUTED),
    disputedItems: evidenceItems,
    disputedBytes: evidenceMegabytes * BYTES_PER_MB,
  };
}
