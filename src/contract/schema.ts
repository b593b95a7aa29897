import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020, { type ErrorObject, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

/** The package's schemas/ folder, seen from dist/src/contract. */
const SCHEMA_FOLDER = join(__dirname, '..', '..', '..', 'schemas');

const ajv = new Ajv2020({ allErrors: false, strict: true, strictRequired: false, strictTypes: false });
addFormats(ajv);
const compiled = new Map<string, ValidateFunction>();

/** A compiled check of schemas/<name>.schema.json; compiled once per process. */
export function schemaCheck(name: string): ValidateFunction {
  let check = compiled.get(name);
  if (!check) {
    check = ajv.compile(JSON.parse(readFileSync(join(SCHEMA_FOLDER, `${name}.schema.json`), 'utf8')) as object);
    compiled.set(name, check);
  }
  return check;
}

/** The first complaint of a check in words: `/input/width must be integer`. */
export function complaintOf(check: ValidateFunction): string {
  const error: ErrorObject | undefined = check.errors?.[0];
  if (!error) return 'unknown';
  const values = error.params as { additionalProperty?: string; allowedValues?: unknown[] };
  const extra = values.additionalProperty ?? values.allowedValues?.join(', ');
  return `${error.instancePath || 'the document'} ${error.message ?? 'is wrong'}${extra ? ` (${extra})` : ''}`;
}
