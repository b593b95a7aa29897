import { waitFor } from './wait-for';

export { isAlive } from './child-processes';

/** Waits until a condition holds, looking every few milliseconds. @param what named in the error when it never does */
export async function until(what: string, holds: () => boolean, timeoutMs = 30_000): Promise<void> {
  await waitFor(what, holds, timeoutMs, 5);
}
