export * from './errors';
export type * from './frame/frame';
export type * from './detect/detection';
export type * from './model/manifest-types';
export type * from './detector/api';
export * from './alert/verdict';
