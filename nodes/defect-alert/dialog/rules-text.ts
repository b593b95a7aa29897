// The rules as a text and as what the dialog shows of them: two views of one thing. No imports of Node.js or of the editor.
import { unknownClassOf } from '../../../src/alert/judge/known-classes';
import { readRules, SEVERITIES } from '../../../src/alert/judge/rules';
import { expected, messageOf } from '../../../src/contract/errors';

/** The rules as they are written: only what is stated, unchecked. */
export type Rules = Record<string, unknown>;

/** A row of the list of classes: what was typed. */
export interface ClassRow {
  label: string;
  /** A severity; `ignore`: never a defect; empty: as the others. */
  counts: string;
  minConfidence: string;
  minWidth: string;
  minHeight: string;
}

/** A zone as it is written; unchecked, but for its corners. */
export interface ZoneRow {
  name: string;
  kind: string;
  points: [number, number][];
  labels: string[];
}

export const COUNTS = ['', ...SEVERITIES, 'ignore'] as const;
const NUMBERS = ['minConfidence', 'minWidth', 'minHeight'] as const;

const isObject = (value: unknown): value is Rules =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws InspectionError when the text is no JSON object */
export function parseRules(text: string): Rules {
  if (text.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = text;
  }
  if (isObject(parsed)) return parsed;
  throw expected('a JSON object', 'rules', parsed);
}

/** What is wrong with rules, in one sentence; undefined: nothing. @param known the classes there are; empty: not known */
export function problemOf(text: string, known: readonly string[] = []): string | undefined {
  try {
    return unknownClassOf(readRules(parseRules(text)), known)?.message;
  } catch (error) {
    return messageOf(error);
  }
}

/** As text, one line per class and corner list; nothing stated: an empty text. */
export function rulesText(rules: Rules): string {
  if (Object.keys(rules).length === 0) return '';
  return (
    JSON.stringify(rules, undefined, 2)
      // pairs of coordinates, and lists of words, are read at a glance when they stand in a line
      .replace(/\[\s+(-?[\d.e-]+),\s+(-?[\d.e-]+)\s+\]/g, '[$1, $2]')
      .replace(/\[\s+((?:\[[^[\]]*\],?\s*)+)\]/g, (_, pairs: string) => `[${pairs.trim().replace(/\s+\[/g, ' [')}]`)
  );
}

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** One row per class that has a rule, and per class of the model; those of the model in its order first. */
export function classRowsOf({ classes }: Rules, known: readonly string[]): ClassRow[] {
  const rules = isObject(classes) ? classes : {};
  const labels = [...known, ...Object.keys(rules).filter((label) => !known.includes(label))];
  return labels.map((label) => {
    const rule = Object.hasOwn(rules, label) && isObject(rules[label]) ? rules[label] : {};
    return {
      label,
      counts: rule.ignore === true ? 'ignore' : textOf(rule.severity),
      minConfidence: textOf(rule.minConfidence),
      minWidth: textOf(rule.minWidth),
      minHeight: textOf(rule.minHeight),
    };
  });
}

/** A number where it is one; else the text, which the check then refuses in a sentence. */
function numberOr(text: string): unknown {
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function ruleOf(row: ClassRow, before: unknown): Rules {
  // what the list does not show, such as minArea, stays
  const rule: Rules = isObject(before) ? { ...before } : {};
  delete rule.ignore;
  delete rule.severity;
  if (row.counts === 'ignore') rule.ignore = true;
  else if (row.counts !== '') rule.severity = row.counts;
  for (const name of NUMBERS) {
    if (row[name].trim() === '') delete rule[name];
    else rule[name] = numberOr(row[name]);
  }
  return rule;
}

/** Takes over the list of classes; a class about which nothing is said has no rule. */
export function withClasses(rules: Rules, rows: readonly ClassRow[]): Rules {
  const before = isObject(rules.classes) ? rules.classes : {};
  const entries = rows.map((row): [string, Rules] => {
    const label = row.label.trim();
    return [label, ruleOf(row, Object.hasOwn(before, label) ? before[label] : undefined)];
  });
  const stated = entries.filter(([, rule]) => Object.keys(rule).length > 0);
  return withKey(rules, 'classes', stated.length > 0 ? Object.fromEntries(stated) : undefined);
}

/** A class that stands in two rows which both say something. */
export function twiceIn(rows: readonly ClassRow[]): string | undefined {
  const stated = rows.filter((row) => Object.keys(ruleOf(row, undefined)).length > 0).map(({ label }) => label.trim());
  return stated.find((label, index) => stated.indexOf(label) !== index);
}

/** The zones that have corners; of others the text view knows more. */
export function zonesOf({ zones }: Rules): ZoneRow[] {
  return (Array.isArray(zones) ? (zones as unknown[]) : []).filter(isObject).map(({ name, kind, points, labels }) => ({
    name: textOf(name),
    kind: kind === 'exclude' ? 'exclude' : 'include',
    points: (Array.isArray(points) ? points : []) as [number, number][],
    labels: Array.isArray(labels) ? labels.map(textOf) : [],
  }));
}

export function withZones(rules: Rules, zones: readonly ZoneRow[]): Rules {
  const written = zones.map(({ name, kind, points, labels }) => ({
    name,
    kind,
    points,
    ...(labels.length > 0 ? { labels } : {}),
  }));
  return withKey(rules, 'zones', written.length > 0 ? written : undefined);
}

/** Sets a key where it stands, or takes it away. */
export function withKey(rules: Rules, key: string, value: unknown): Rules {
  if (value !== undefined) return { ...rules, [key]: value };
  const { [key]: _, ...others } = rules;
  return others;
}

/** The debounce as the dialog shows it: in how many of how many parts. */
export function debounceOf({ debounce }: Rules): { hits: string; frames: string } {
  const stated = isObject(debounce) ? debounce : {};
  return { hits: textOf(stated.hits), frames: textOf(stated.frames) };
}

export function withDebounce(rules: Rules, { hits, frames }: { hits: string; frames: string }): Rules {
  const stated = Object.entries({ hits, frames }).filter(([, text]) => text.trim() !== '');
  const debounce = Object.fromEntries(stated.map(([name, text]) => [name, numberOr(text)]));
  return withKey(rules, 'debounce', stated.length > 0 ? debounce : undefined);
}
