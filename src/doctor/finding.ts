/** `ok`: nothing to do; `note`: worth knowing; `unknown`: cannot be seen here; `warn`: will cost something; `fail`: will not work. */
export const STATES = ['ok', 'note', 'unknown', 'warn', 'fail'] as const;
export type State = (typeof STATES)[number];

/** What one check says: one line for people. */
export interface Finding {
  /** Name of the check, as in the table. */
  check: string;
  state: State;
  /** What was seen, with units. */
  found: string;
  /** What to do; empty where there is nothing to do. */
  advice: string;
}

/** A finding without the name of its check, which the table adds. */
export type Seen = Omit<Finding, 'check'>;

export const ok = (found: string): Seen => ({ state: 'ok', found, advice: '' });
export const note = (found: string, advice = ''): Seen => ({ state: 'note', found, advice });
export const unknown = (found: string, advice = ''): Seen => ({ state: 'unknown', found, advice });
export const warn = (found: string, advice: string): Seen => ({ state: 'warn', found, advice });
export const fail = (found: string, advice: string): Seen => ({ state: 'fail', found, advice });

const MARKS: Record<State, string> = { ok: 'ok  ', note: 'note', unknown: '?   ', warn: 'WARN', fail: 'FAIL' };

/** One line per finding: mark, check, what was seen, what to do. */
export function linesOf(findings: readonly Finding[]): string[] {
  const width = Math.max(0, ...findings.map(({ check }) => check.length));
  return findings.map(
    ({ check, state, found, advice }) =>
      `${MARKS[state]} ${check.padEnd(width)}  ${found}${advice === '' ? '' : ` → ${advice}`}`,
  );
}
