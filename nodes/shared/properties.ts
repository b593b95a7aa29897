// The table of a node's properties, and how it is read. Shared by the run time and the browser: no imports of Node.js here.
import { expected, InspectionError } from '../../src/contract/errors';

/** A value as flows hold it. */
export type FlowValue = string | number | boolean | readonly unknown[];
/** Properties as they stand in a flow, unchecked. */
export type Raw = Readonly<Record<string, unknown>>;

/** What would be right. */
export interface Expectation {
  /** For the run time, in English: `a number between 0 and 1`. */
  what: string;
  /** For the dialog: a sentence of the shared captions, `inspection.expected.<key>`. */
  key: string;
  /** What is filled into that sentence. */
  values?: Readonly<Record<string, string | number>>;
}

/** A value that is not what was expected; readProperties makes a sentence of it, the dialog one in its own language. */
export class Refusal extends Error {
  constructor(readonly expectation: Expectation) {
    super(`Expected ${expectation.what}`);
  }
}

export type PropertyKind =
  'number' | 'integer' | 'choice' | 'text' | 'path' | 'boolean' | 'json' | 'list' | 'node' | 'credential' | 'password';

/** Shown and checked only while other properties have one of these values; `set`: any value but empty or false. */
export type Condition = Readonly<Record<string, readonly string[] | 'set'>>;

/** How a property looks in the dialog; its words are in the locale: label, hint, placeholder, help. */
export interface Look {
  /** A Font Awesome name without `fa-`. */
  icon?: string;
  /** Heading above it, by its key in the locale's `section`. */
  section?: string;
  /** Stands in the row of the property before it, with this sign between them. */
  beside?: string;
  /** Instead of what the default would suggest. */
  widthPx?: number;
  /** What a blank field shows; the locale's placeholder goes before it. */
  placeholder?: string;
}

/** One property. `T` is what the run time gets. */
export interface Property<T = unknown> extends Look {
  readonly kind: PropertyKind;
  /** What a new node begins with, and what a flow means that lacks the property. */
  readonly default: FlowValue;
  /** Checks and converts a value that is there. @throws Refusal, or an InspectionError with a sentence of its own */
  readonly read: (value: unknown, others: Raw) => T;
  readonly expects: Expectation;
  readonly when?: Condition;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly choices?: readonly string[];
  /** Type of the configuration node that is referred to. */
  readonly nodeType?: string;
  readonly required?: boolean;
  /** An empty field is a value of its own, and does not mean the default. */
  readonly mayBeBlank?: boolean;
}

export type PropertyTable = Readonly<Record<string, Property>>;
export type ValuesOf<T extends PropertyTable> = {
  -readonly [K in keyof T]: T[K] extends Property<infer V> ? V : never;
};

/** Leads from one version of the properties to the next. */
export type Migration = (raw: Raw, table: PropertyTable) => Raw;

/** Everything there is to say about the properties of one node type. */
export interface NodeProperties<T extends PropertyTable = PropertyTable> {
  readonly type: string;
  /** A configuration node: other nodes refer to it. */
  readonly isConfig?: boolean;
  readonly table: T;
  /** Step i leads from version i to i + 1; flows without a version are version 0. */
  readonly migrations: readonly Migration[];
}

/** Only checks the types: the table keeps its own. */
export function defineProperties<const T extends PropertyTable>(properties: NodeProperties<T>): NodeProperties<T> {
  return properties;
}

/** Version that a node saved now gets. */
export function versionOf({ migrations }: NodeProperties): number {
  return migrations.length;
}

/**
 * Version 0 is 0.1.0, whose dialogs wrote empty fields for properties that the flow lacked: they mean the default.
 * Texts stay, and so do properties that may be empty.
 */
export const fromFirstRelease: Migration = (raw, table) =>
  Object.fromEntries(
    Object.entries(raw).filter(([name, value]) => {
      const property = table[name];
      return property === undefined || !(value === null || (value === '' && isBlankForDefault(property)));
    }),
  );

/** Texts may be empty, and what stands for nothing; anywhere else an empty field means the default. */
function isBlankForDefault({ kind, mayBeBlank, choices }: Property): boolean {
  const isFilled = kind === 'number' || kind === 'integer' || kind === 'choice' || kind === 'boolean';
  return isFilled && !mayBeBlank && !choices?.includes('');
}

/** Brings the properties of an older flow up to date; those of a newer one are left to the checks. */
export function migrate(properties: NodeProperties, raw: Raw): Raw {
  const version = Number(raw.version ?? 0);
  const from = Number.isInteger(version) && version >= 0 ? version : 0;
  const current = properties.migrations.slice(from).reduce((now, step) => step(now, properties.table), raw);
  return { ...current, version: Math.max(from, versionOf(properties)) };
}

/** The value that counts: the default where the flow has none, or an empty field where none can be. */
export function valueOf(property: Property, value: unknown): unknown {
  const isMissing = value === undefined || value === null || (value === '' && isBlankForDefault(property));
  return isMissing ? property.default : value;
}

/** Whether a property means anything with the others as they are. */
export function applies({ when }: Property, table: PropertyTable, raw: Raw): boolean {
  return Object.entries(when ?? {}).every(([name, wanted]) => {
    const other = table[name];
    const value = String(other === undefined ? raw[name] : valueOf(other, raw[name]));
    return wanted === 'set' ? !['', 'false', '_ADD_'].includes(value) : wanted.includes(value);
  });
}

/**
 * Reads one value as it stands, with no default: for overrides by message.
 *
 * @param name what the sentence calls it: `msg.iou`
 * @throws InspectionError *Expected X for NAME but received Z*
 */
export function readValue<T>(property: Property<T>, value: unknown, name: string, others: Raw = {}): T {
  try {
    return property.read(value, others);
  } catch (error) {
    if (error instanceof Refusal) throw expected(error.expectation.what, name, value);
    throw error;
  }
}

/**
 * Reads the properties of a node as they stand in a flow, of whatever version. A property that the flow lacks has its
 * default; one that means nothing with the others as they are has it too, unchecked.
 *
 * @throws InspectionError *Expected X for NAME but received Z* about the first that does not fit
 */
export function readProperties<T extends PropertyTable>(properties: NodeProperties<T>, flow: Raw): ValuesOf<T> {
  const raw = migrate(properties, flow);
  const values = Object.entries(properties.table).map(([name, property]) => {
    const isUsed = applies(property, properties.table, raw);
    const value = isUsed ? valueOf(property, raw[name]) : property.default;
    try {
      return [
        name,
        isUsed
          ? readValue(property, value, property.unit ? `${name} (${property.unit})` : name, raw)
          : property.read(value, raw),
      ];
    } catch (error) {
      // an unused property with a default that must be filled in: nothing reads it
      if (!isUsed && (error instanceof Refusal || error instanceof InspectionError)) return [name, value];
      throw error;
    }
  });
  return Object.fromEntries(values) as ValuesOf<T>;
}

/**
 * Reads what a message says instead of the properties: only those that it names.
 *
 * @throws InspectionError *Expected X for msg.NAME but received Z*
 */
export function readOverrides<T extends PropertyTable>(
  { table }: NodeProperties<T>,
  message: object,
): Partial<ValuesOf<T>> {
  const given = Object.entries(message).filter(([name, value]) => value !== undefined && Object.hasOwn(table, name));
  const values = given.map(([name, value]) => [name, readValue(table[name] as Property, value, `msg.${name}`)]);
  return Object.fromEntries(values) as Partial<ValuesOf<T>>;
}
