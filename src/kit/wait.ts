import { InspectionError } from '../contract/errors';

export function cancelled(): InspectionError {
  return new InspectionError('CANCELLED', 'The camera was stopped while it was waiting');
}

/** Rejects with CANCELLED as soon as the signal aborts. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** A pause that the signal ends early with CANCELLED; leaves neither timer nor listener behind. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const onAbort = () => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Runs work that any of the signals ends. AbortSignal.any() does the same, but on Node 20 it keeps every derived signal
 * of a long-lived one alive (nodejs/node 54614): here one is made per picture.
 */
export async function withSignals<T>(signals: AbortSignal[], work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onAbort = () => controller.abort();
  for (const signal of signals) {
    if (signal.aborted) controller.abort();
    else signal.addEventListener('abort', onAbort, { once: true });
  }
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) signal.removeEventListener('abort', onAbort);
  }
}

/** Callers that wait for something to happen, each with its own signal. */
export class Waiters<T> {
  readonly #waiting = new Set<{ resolve: (value: T) => void; reject: (error: Error) => void }>();

  get size(): number {
    return this.#waiting.size;
  }

  wait(signal: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal.aborted) return reject(cancelled());
      const leave = () => {
        this.#waiting.delete(entry);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(cancelled());
      };
      const entry = {
        resolve: (value: T) => {
          leave();
          resolve(value);
        },
        reject: (error: Error) => {
          leave();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(entry);
    });
  }

  resolveAll(value: T): void {
    for (const entry of [...this.#waiting]) entry.resolve(value);
  }

  rejectAll(error: Error): void {
    for (const entry of [...this.#waiting]) entry.reject(error);
  }
}
