/**
 * Two clocks. `wallMs` is the machine's, which people and NTP set: for time stamps, never for durations. `steadyMs` only ever
 * goes forward, at the pace of seconds: for everything that waits, expires or is limited. Both in ms since 1970, the steady one
 * as the wall clock was when the process started.
 */
export interface Clock {
  wallMs(): number;
  steadyMs(): number;
}

export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}

export const systemClock: Clock = { wallMs: () => Date.now(), steadyMs: steadyNowMs };

/** What the wall clock would have said at a moment of the steady one. */
export function wallOf(steadyMs: number, clock: Clock = systemClock): number {
  return clock.wallMs() - (clock.steadyMs() - steadyMs);
}

/** Longest delay of a timer; a longer one fires at once (2^31 − 1 ms, HTML Standard, timers), ms. */
export const MAX_TIMER_MS = 2_147_483_647;
