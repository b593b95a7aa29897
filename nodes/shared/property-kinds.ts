// The kinds of properties that nodes have; a row of a table is made with one of these.
import {
  Refusal,
  type Condition,
  type Expectation,
  type FlowValue,
  type Look,
  type Property,
  type Raw,
} from './properties';

interface Common extends Look {
  when?: Condition;
}

interface NumberRow extends Common {
  min: number;
  max: number;
  step?: number | 'any';
  unit?: string;
  /** What must hold beside the bounds. @throws Refusal */
  check?: (value: number, others: Raw) => void;
}

/** A number, or a text that is nothing but one: dialogs and environment variables give texts. */
function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
}

function numeric(kind: 'number' | 'integer', { min, max, check }: NumberRow) {
  const isWhole = kind === 'integer';
  const expects: Expectation = {
    what: `a ${isWhole ? 'whole ' : ''}number between ${min} and ${max}`,
    key: kind,
    values: { min, max },
  };
  const read = (value: unknown, others: Raw): number => {
    const number = toNumber(value);
    if (Number.isFinite(number) && number >= min && number <= max && (!isWhole || Number.isInteger(number))) {
      check?.(number, others);
      return number;
    }
    throw new Refusal(expects);
  };
  return { kind, expects, read };
}

/** A number within bounds, both included. */
export function number(row: NumberRow & { default: number }): Property<number> {
  return { step: 'any', ...row, ...numeric('number', row) };
}

/** A whole number within bounds, both included. */
export function integer(row: NumberRow & { default: number }): Property<number> {
  return { step: 1, ...row, ...numeric('integer', row) };
}

interface OptionalRow extends NumberRow {
  default?: number;
  /** What must hold where it is left out. @throws Refusal */
  checkBlank?: (others: Raw) => void;
}

function orNothing(property: Property<number>, { checkBlank }: OptionalRow): Property<number | undefined> {
  const read = (value: unknown, others: Raw): number | undefined => {
    if (value !== '') return property.read(value, others);
    checkBlank?.(others);
    return undefined;
  };
  return { ...property, mayBeBlank: true, read };
}

/** A number that may be left out: something else then decides, as its help says. */
export function optionalNumber(row: OptionalRow): Property<number | undefined> {
  return orNothing({ default: '', step: 'any', ...row, ...numeric('number', row) }, row);
}

/** A whole number that may be left out. */
export function optionalInteger(row: OptionalRow): Property<number | undefined> {
  return orNothing({ default: '', step: 1, ...row, ...numeric('integer', row) }, row);
}

/** One of a list of words. In the dialog they are named by the locale: `<type>.<property>.<word>`, else as they are. */
export function choice<const C extends string>(
  row: Common & { default: NoInfer<C>; choices: readonly C[] },
): Property<C> {
  const expects: Expectation = {
    what: `one of ${row.choices.filter((word) => word !== '').join(', ')}`,
    key: 'choice',
    values: { choices: row.choices.join(', ') },
  };
  const read = (value: unknown): C => {
    // numbers from flows written by hand: rotate: 90
    const found = row.choices.find((word) => word === String(value));
    if (found === undefined) throw new Refusal(expects);
    return found;
  };
  return { ...row, kind: 'choice', expects, read };
}

/** True or false; the words of it count too, since environment variables are texts. */
export function boolean(row: Common & { default: boolean }): Property<boolean> {
  const expects: Expectation = { what: 'true or false', key: 'boolean' };
  const read = (value: unknown): boolean => {
    if (value === true || value === 'true') return true;
    if (value === false || value === 'false') return false;
    throw new Refusal(expects);
  };
  return { ...row, kind: 'boolean', expects, read };
}

interface TextRow extends Common {
  default?: string;
  required?: boolean;
  /** What is expected, where not any text will do. */
  expects?: Expectation;
}

interface ParsedRow<T> extends TextRow {
  /** Checks and converts the trimmed text. @throws InspectionError, or a Refusal */
  parse: (text: string, others: Raw) => T;
}

const ANY_TEXT: Expectation = { what: 'a text', key: 'text' };
const SOME_TEXT: Expectation = { what: 'a non-empty string', key: 'some-text' };

function textual<T>(kind: 'text' | 'path', row: ParsedRow<T>): Property<T> {
  const expects = row.expects ?? (row.required ? SOME_TEXT : ANY_TEXT);
  const read = (value: unknown, others: Raw): T => {
    // a number where a text is meant, in a flow written by hand: seed: 7
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || text.includes('\0')) throw new Refusal(expects);
    const trimmed = text.trim();
    if (row.required && trimmed === '') throw new Refusal(expects);
    return row.parse(trimmed, others);
  };
  return { default: '', ...row, kind, expects, read };
}

const asItIs = { parse: (trimmed: string) => trimmed };

/** A text, without blanks at its ends. */
export function text(row: TextRow = {}): Property<string> {
  return textual('text', { ...asItIs, ...row });
}

/** A text that means something else. */
export function parsed<T>(row: ParsedRow<T>): Property<T> {
  return textual('text', row);
}

/** A path of a file or folder on the device; where relative ones start says its help. */
export function path(row: TextRow = {}): Property<string> {
  return textual('path', { ...asItIs, ...row });
}

interface JsonRow extends Common {
  /** What must hold beside being an object. @throws InspectionError with a sentence of its own */
  check?: (value: Record<string, unknown>, others: Raw) => void;
}

/** A JSON object as text, edited with the JSON editor; empty: `{}`. */
export function json({ check, ...row }: JsonRow = {}): Property<Record<string, unknown>> {
  const expects: Expectation = { what: 'a JSON object', key: 'json' };
  const objectOf = (value: unknown): Record<string, unknown> => {
    if (typeof value !== 'string') throw new Refusal(expects);
    if (value.trim() === '') return {};
    let parsed: unknown;
    try {
      parsed = JSON.parse(value);
    } catch {
      throw new Refusal(expects);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Refusal(expects);
    return parsed as Record<string, unknown>;
  };
  const read = (value: unknown, others: Raw): Record<string, unknown> => {
    const object = objectOf(value);
    check?.(object, others);
    return object;
  };
  return { ...row, kind: 'json', default: '', expects, read };
}

interface ListRow<T> extends Common {
  /** Checks and converts the entries. @throws InspectionError with a sentence of its own */
  parse: (entries: unknown) => T[];
}

/** A list of entries with fields of their own, which an editable list in the dialog edits; a new node has none. */
export function list<T>({ parse, ...row }: ListRow<T>): Property<T[]> {
  return { ...row, kind: 'list', default: [], expects: { what: 'a list', key: 'list' }, read: parse };
}

/** The id of a configuration node of a type; empty where it may be left out. */
export function node(row: Common & { nodeType: string; required?: boolean }): Property<string> {
  const expects: Expectation = {
    what: `a node of type ${row.nodeType}`,
    key: 'node',
    values: { nodeType: row.nodeType },
  };
  const read = (value: unknown): string => {
    if (typeof value !== 'string') throw new Refusal(expects);
    return value;
  };
  return { ...row, kind: 'node', default: '', expects, read };
}

/** Kept with the credentials: not in the flow file's open part, never exported. */
export function credential(row: Common & { secret: boolean }): Property<FlowValue> {
  return {
    ...row,
    kind: row.secret ? 'password' : 'credential',
    default: '',
    expects: ANY_TEXT,
    read: (value) => String(value),
  };
}
