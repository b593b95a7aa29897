import { defineProperties, fromFirstRelease } from '../shared/properties';
import { boolean, integer, node, number, optionalNumber, path, text } from '../shared/property-kinds';

const SHARE = { min: 0, max: 1 };
const COUNT = { min: 1, max: 1_000_000 };

export const MODEL_SHADOW = defineProperties({
  type: 'model-shadow',
  migrations: [fromFirstRelease],
  table: {
    model: node({ icon: 'cube', nodeType: 'inspection-model', required: true }),
    // a path, the id of an inspection-model, or empty: the one that waits in the station's other slot
    candidate: text({ icon: 'clone' }),
    sample: number({ icon: 'filter', default: 0.25, ...SHARE, step: 0.05 }),
    threshold: number({ icon: 'bell', default: 0.1, ...SHARE, step: 0.01 }),
    confidence: optionalNumber({ icon: 'sliders', ...SHARE, step: 0.01 }),
    automatic: boolean({ icon: 'magic', default: false }),
    canaryShare: number({ icon: 'twitter', default: 0.1, ...SHARE, step: 0.05 }),
    canaryParts: integer({ beside: '', default: 100, ...COUNT }),
    windowMinutes: number({ icon: 'heartbeat', default: 15, min: 0.01, max: 10_080 }),
    reportFrames: integer({ icon: 'flag', default: 50, ...COUNT }),
    evidence: path({ icon: 'folder-open', placeholder: 'disputed' }),
    evidenceItems: integer({ icon: 'files-o', default: 500, ...COUNT }),
    evidenceMegabytes: number({ beside: '', default: 1000, ...COUNT, step: 1, unit: 'MB' }),
    // people judge what the two models dispute
    review: boolean({ icon: 'users', default: true }),
    auditRate: number({ icon: 'random', default: 0.01, ...SHARE, step: 0.005 }),
    reviewFolder: path({ icon: 'folder-open', placeholder: 'review' }),
    reviewCards: integer({ icon: 'id-card-o', default: 500, ...COUNT }),
    reviewMegabytes: number({ beside: '', default: 1000, ...COUNT, step: 1, unit: 'MB' }),
    // paths by message must stay in here; empty: no paths by message
    modelsFolder: path({ icon: 'folder' }),
    // PEM file of the Ed25519 key that candidates must be signed by; empty: signatures are not asked for
    publicKey: path({ icon: 'key' }),
  },
});
