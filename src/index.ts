/** What other programs may use: `import { createDetector } from '@edge-inspect/node-red-inspection'`. */
export { createDetector } from './detector/create-detector';
export { evaluate, type EvaluateOptions } from './evaluate/evaluate-model';
export type { ClassScore, MeanAveragePrecision } from './evaluate/map';
export { quantize, type QuantizeCallbacks, type QuantizeRequest } from './quantize/quantize-model';

export * from './contract/errors';
export * from './contract/verdict';
export type * from './contract/certificate';
export type * from './contract/detection';
export type * from './contract/detector';
export type * from './contract/frame';
export type * from './contract/manifest';

// messages: what schemas/*.schema.json say, as types
export type { Alert, VerdictRecord } from './alert/judge/messages';
export type { StatusMessage } from './alert/announce/presence';
export type { DisputedRecord } from './shadow/evidence/disputed-record';
export type { ShadowReport } from './shadow/trial/shadow-report';
export type { CameraAlert } from './alert/drift/camera-alert';
export type { GoldenAlert, GoldenRecord } from './alert/golden/records';
export type { StateMessage } from './station/state-message';
