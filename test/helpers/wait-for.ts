import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Polls until `look` gives something truthy, and returns it. For conditions with no event of their own.
 *
 * @param what for the sentence when time runs out
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  timeoutMs = 60_000,
  intervalMs = 20,
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found) return found as Exclude<T, false | null | undefined>;
    if (Date.now() > end) throw new Error(`Expected ${what} within ${timeoutMs} ms but it did not come`);
    await sleep(intervalMs);
  }
}
