/** A promise with its handles outside (Promise.withResolvers needs Node 22). */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: Error) => void;
}

export function deferred<T>(): Deferred<T> {
  const handles = {} as Deferred<T>;
  handles.promise = new Promise<T>((resolve, reject) => Object.assign(handles, { resolve, reject }));
  return handles;
}
