export * from './contract/errors';
export type * from './contract/frame';
export type * from './contract/detection';
export type * from './contract/manifest';
export type * from './contract/detector';
export * from './contract/verdict';
