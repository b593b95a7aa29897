import { createHash } from 'node:crypto';
import type { AlertRules } from './rules';

/** Twelve hex digits that name these rules: equal rules, equal id. */
export function rulesId(rules: AlertRules): string {
  return createHash('sha256').update(canonicalJson(rules)).digest('hex').slice(0, 12);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : item,
  );
}
