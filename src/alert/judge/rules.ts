import { expected } from '../../contract/errors';
import { integerBetween, numberBetween, oneOf } from '../../contract/validate';
import { utf8Length } from '../../kit/utf8-length';
import { plainText } from './names';

/** How much a defect matters, rising. */
export const SEVERITIES = ['info', 'minor', 'major', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

export function worseSeverity(a: Severity, b: Severity): Severity {
  return severityRank(b) > severityRank(a) ? b : a;
}

/** Sorts by falling severity: negative when a is worse than b. */
export function bySeverity(a: { severity: Severity }, b: { severity: Severity }): number {
  return severityRank(b.severity) - severityRank(a.severity);
}

/** The highest severity of a list; `info` when it is empty. */
export function worstSeverity(items: readonly { severity: Severity }[]): Severity {
  return items.reduce<Severity>((worst, { severity }) => worseSeverity(worst, severity), 'info');
}

/** What is asked of one class, on top of the station's minConfidence. Sizes are pixels of the upright source image. */
export interface ClassRule {
  minConfidence?: number;
  minWidth?: number;
  minHeight?: number;
  /** Width × height of the box, pixels². */
  minArea?: number;
  severity?: Severity;
  /** The class is seen and listed by the model, but never a defect (a screw that belongs there). */
  ignore?: boolean;
}

/** Where defects count. A defect is where the centre of its box is. */
export interface Zone {
  name: string;
  /** `include`: only there; `exclude`: not there. Exclude wins. */
  kind: 'include' | 'exclude';
  /** Corners of a polygon as fractions of the image, 0 … 1: x from the left, y from the top. */
  points: [number, number][];
  /** Only for these classes; absent: for all. */
  labels?: string[];
}

/** All that decides whether a frame fails, and what is told about it. Every alert carries the rules it was judged by. */
export interface AlertRules {
  /** Detections below this are no defects; 0 … 1. */
  minConfidence: number;
  classes: Record<string, ClassRule>;
  zones: Zone[];
  /** Severity of classes that have none of their own. */
  severity: Severity;
  /** An alert waits until the defect was seen in `hits` of the last `frames` frames. */
  debounce: { hits: number; frames: number };
  events: {
    /** `part`: every frame shows another part. `stream`: frames show the same thing moving on, so defects are tracked. */
    mode: 'part' | 'stream';
    /** Stream: a defect is the same as the last frame's of its class when the boxes overlap this much (IoU). */
    iou: number;
    /** Stream: cleared when it was not seen in this many frames. */
    clearAfterFrames: number;
    /** Stream: repeat the alert of a defect that stays this often, ms; 0: never. */
    stillThereMs: number;
  };
  /** At most `alerts` messages per `perMs`; the rest is counted and summed up in one message. 0 alerts: no limit. */
  rateLimit: { alerts: number; perMs: number };
}

export const DEFAULT_RULES: Readonly<AlertRules> = {
  minConfidence: 0.25,
  classes: {},
  zones: [],
  severity: 'major',
  debounce: { hits: 1, frames: 1 },
  events: { mode: 'part', iou: 0.3, clearAfterFrames: 5, stillThereMs: 60_000 },
  // Above what the fastest camera of the product delivers, so that only a burst from elsewhere meets it.
  rateLimit: { alerts: 20, perMs: 1000 },
};

const MAX_CLASSES = 1000;
const MAX_ZONES = 32;
const MAX_POINTS = 64;
const MAX_PIXELS = 1e9;
/** Rules ride on every alert, so they stay small. */
const MAX_RULES_BYTES = 16_384;

type Reader<T> = (value: unknown, name: string, current: T) => T;
type Readers<T> = { [K in keyof T]-?: Reader<T[K]> };

function plainObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return value as Record<string, unknown>;
  }
  throw expected('an object', name, value);
}

/** Reads an object key by key on top of `current`; unknown keys are refused, so that a typing error is not silence. */
function readObject<T extends object>(value: unknown, name: string, readers: Readers<T>, current: T): T {
  const result: T = { ...current };
  const known = Object.keys(readers);
  for (const [key, given] of Object.entries(plainObject(value, name))) {
    if (!Object.hasOwn(readers, key)) throw expected(`one of ${known.join(', ')}`, `a key of ${name}`, key);
    const field = key as keyof T;
    if (given === undefined) continue;
    // null takes an optional value back, as in a JSON merge patch
    if (given === null) delete result[field];
    else result[field] = readers[field](given, `${name}.${key}`, current[field]);
  }
  return result;
}

const fraction: Reader<number> = (value, name) => numberBetween(value, name, 0, 1);
const pixels: Reader<number | undefined> = (value, name) => numberBetween(value, name, 0, MAX_PIXELS);
const severity: Reader<Severity> = (value, name) => oneOf(value, name, SEVERITIES);
const whole =
  (min: number, max: number): Reader<number> =>
  (value, name) =>
    integerBetween(value, name, min, max);

function boolean(value: unknown, name: string): boolean {
  if (typeof value === 'boolean') return value;
  throw expected('true or false', name, value);
}

const CLASS_READERS: Readers<ClassRule> = {
  minConfidence: (value, name) => numberBetween(value, name, 0, 1),
  minWidth: pixels,
  minHeight: pixels,
  minArea: pixels,
  severity: (value, name) => oneOf(value, name, SEVERITIES),
  ignore: boolean,
};

/** Classes are merged one by one; `null` for a class removes its rule. */
function readClasses(value: unknown, name: string, current: Record<string, ClassRule>): Record<string, ClassRule> {
  const rules = new Map(Object.entries(current));
  for (const [given, rule] of Object.entries(plainObject(value, name))) {
    const label = plainText(given);
    if (label === '') throw expected('a class name', `a key of ${name}`, given);
    if (rule === null) rules.delete(label);
    else rules.set(label, readObject(rule, `${name}[${JSON.stringify(label)}]`, CLASS_READERS, rules.get(label) ?? {}));
  }
  if (rules.size > MAX_CLASSES) throw expected(`at most ${MAX_CLASSES} classes`, name, rules.size);
  // fromEntries defines properties, so a class called __proto__ is a class like any other
  return Object.fromEntries(rules);
}

function readPoint(value: unknown, name: string): [number, number] {
  if (!Array.isArray(value) || value.length !== 2) throw expected('a pair [x, y]', name, value);
  return [numberBetween(value[0], `x of ${name}`, 0, 1), numberBetween(value[1], `y of ${name}`, 0, 1)];
}

function listOf<T>(
  value: unknown,
  name: string,
  min: number,
  max: number,
  read: (item: unknown, name: string) => T,
): T[] {
  if (!Array.isArray(value) || value.length < min || value.length > max) {
    throw expected(`a list of ${min} to ${max} entries`, name, value);
  }
  return value.map((item, index) => read(item, `${name}[${index}]`));
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && plainText(value) !== '') return plainText(value);
  throw expected('a non-empty string', name, value);
}

const ZONE_READERS: Readers<Zone> = {
  name: text,
  kind: (value, name) => oneOf(value, name, ['include', 'exclude']),
  points: (value, name) => listOf(value, name, 3, MAX_POINTS, readPoint),
  labels: (value, name) => listOf(value, name, 1, MAX_CLASSES, text),
};

function readZone(value: unknown, name: string): Zone {
  const zone = readObject(value, name, ZONE_READERS, { name: '', kind: 'include', points: [] });
  if (zone.points.length === 0) throw expected('a list of 3 or more corners', `${name}.points`, undefined);
  return zone;
}

function readDebounce(value: unknown, name: string, current: AlertRules['debounce']): AlertRules['debounce'] {
  const debounce = readObject(value, name, { hits: whole(1, 100), frames: whole(1, 100) }, current);
  if (debounce.hits > debounce.frames) {
    throw expected(`at most the ${debounce.frames} of ${name}.frames`, `${name}.hits`, debounce.hits);
  }
  return debounce;
}

const RULE_READERS: Readers<AlertRules> = {
  minConfidence: fraction,
  classes: readClasses,
  zones: (value, name) => listOf(value, name, 0, MAX_ZONES, readZone),
  severity,
  debounce: readDebounce,
  events: (value, name, current) =>
    readObject(
      value,
      name,
      {
        mode: (mode, modeName) => oneOf(mode, modeName, ['part', 'stream']),
        iou: fraction,
        clearAfterFrames: whole(1, 10_000),
        stillThereMs: whole(0, 86_400_000),
      },
      current,
    ),
  rateLimit: (value, name, current) =>
    readObject(value, name, { alerts: whole(0, 100_000), perMs: whole(1, 86_400_000) }, current),
};

/**
 * Reads rules on top of others: what is not named stays as in `current`; lists (zones) are replaced whole.
 *
 * @throws InspectionError BAD_ARGUMENT with the path of the first value that does not fit
 */
export function readRules(change: unknown, current: AlertRules = DEFAULT_RULES, name = 'rules'): AlertRules {
  for (const [key, value] of Object.entries(plainObject(change, name))) {
    if (value === null) throw expected('a value', `${name}.${key}`, value);
  }
  const rules = readObject(change, name, RULE_READERS, current);
  for (const key of ['debounce', 'events', 'rateLimit'] as const) {
    for (const [field, value] of Object.entries(DEFAULT_RULES[key])) {
      // an inner null gave the value back: the default stands in
      if (!Object.hasOwn(rules[key], field)) (rules[key] as Record<string, unknown>)[field] = value;
    }
  }
  const bytes = utf8Length(JSON.stringify(rules));
  if (bytes > MAX_RULES_BYTES) throw expected(`at most ${MAX_RULES_BYTES} bytes of JSON`, name, `${bytes} bytes`);
  return rules;
}

/** Golden samples are parts, and in stream mode a frame is none. @throws InspectionError BAD_ARGUMENT */
export function refuseStream({ events }: AlertRules): void {
  if (events.mode === 'stream')
    throw expected('"part", as there are golden samples,', 'rules.events.mode', events.mode);
}
