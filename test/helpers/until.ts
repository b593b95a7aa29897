import { setTimeout as sleep } from 'node:timers/promises';

export { isAlive } from './child-processes';

/** Waits until a condition holds, looking every few milliseconds. @param what named in the error when it never does */
export async function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await sleep(5);
  }
}
