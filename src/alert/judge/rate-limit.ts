import { worseSeverity, worstSeverity, type AlertRules, type Severity } from './rules';
import type { ListedDefect, HeldBack } from './messages';

/** Most classes that a summary names; the rest is counted under this name. */
const MAX_LABELS = 50;
const OTHER_LABELS = 'other';

/**
 * Lets at most `alerts` messages pass in any window of `perMs` and counts what it holds back, so that nothing is
 * silently gone: the next message that passes, or the summary at the end of the window, says what was missing.
 */
export class RateLimit {
  /** Times of the messages that passed within the window, ms of the steady clock. */
  #passed: number[] = [];
  #held:
    | {
        alerts: number;
        defects: number;
        sinceMs: number;
        untilMs: number;
        /** On the steady clock. */
        untilSteadyMs: number;
        labels: Map<string, number>;
        severity: Severity;
      }
    | undefined;

  /** True when a message may go out now. @param steadyMs a clock that is never set */
  pass(limit: AlertRules['rateLimit'], steadyMs: number): boolean {
    if (limit.alerts === 0) return true;
    this.#passed = this.#passed.filter((time) => time > steadyMs - limit.perMs);
    if (this.#passed.length >= limit.alerts) return false;
    this.#passed.push(steadyMs);
    return true;
  }

  /** @param nowMs for the words @param steadyMs for the window */
  hold(defects: readonly ListedDefect[], nowMs: number, steadyMs: number): void {
    this.#held ??= {
      ...{ alerts: 0, defects: 0, sinceMs: nowMs, untilMs: nowMs, untilSteadyMs: steadyMs },
      ...{ labels: new Map<string, number>(), severity: 'info' as const },
    };
    this.#held.alerts += 1;
    this.#held.defects += defects.length;
    this.#held.untilMs = nowMs;
    this.#held.untilSteadyMs = steadyMs;
    this.#held.severity = worseSeverity(this.#held.severity, worstSeverity(defects));
    const { labels } = this.#held;
    for (const { label } of defects) {
      const counted = labels.has(label) || labels.size < MAX_LABELS ? label : OTHER_LABELS;
      labels.set(counted, (labels.get(counted) ?? 0) + 1);
    }
  }

  /** What was held back since the last call, and forgets it; undefined when nothing was. */
  takeHeld(): HeldBack | undefined {
    const held = this.#held;
    if (held === undefined) return undefined;
    this.#held = undefined;
    return {
      alerts: held.alerts,
      defects: held.defects,
      since: new Date(held.sinceMs).toISOString(),
      until: new Date(held.untilMs).toISOString(),
      severity: held.severity,
      labels: Object.fromEntries(held.labels),
    };
  }

  /** When the next message may pass, ms of the steady clock; undefined when nothing is held back. */
  summaryDueMs(limit: AlertRules['rateLimit']): number | undefined {
    if (this.#held === undefined) return undefined;
    const { untilSteadyMs } = this.#held;
    return Math.max(untilSteadyMs, (this.#passed[0] ?? untilSteadyMs) + limit.perMs);
  }
}
