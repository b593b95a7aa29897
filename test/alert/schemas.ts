import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';

export type SchemaName = 'defect-alert' | 'inspection-verdict' | 'inspection-status' | 'golden-check' | 'golden-alert';

/** The schemas that are shipped, compiled strictly: what a subscriber of somebody else would check messages with. */
export function shippedSchemas(): Record<SchemaName, ValidateFunction> {
  const ajv = new Ajv2020({ strict: true, allErrors: true, strictTypes: false });
  addFormats(ajv);
  const read = (name: SchemaName): object =>
    JSON.parse(readFileSync(join(process.cwd(), 'schemas', `${name}.schema.json`), 'utf8')) as object;
  ajv.addSchema(read('defect-alert'));
  ajv.addSchema(read('golden-check'));
  const alertId = (read('defect-alert') as { $id: string }).$id;
  return {
    'defect-alert': ajv.getSchema(alertId) as ValidateFunction,
    'inspection-verdict': ajv.compile(read('inspection-verdict')),
    'golden-check': ajv.getSchema((read('golden-check') as { $id: string }).$id) as ValidateFunction,
    'golden-alert': ajv.compile(read('golden-alert')),
    'inspection-status': ajv.compile(read('inspection-status')),
  };
}

/** Fails with ajv's own words when a message does not fit its schema. A message is checked as it is on the wire. */
export function assertValid(validate: ValidateFunction, message: unknown): void {
  const wire: unknown = JSON.parse(JSON.stringify(message));
  if (!validate(wire)) throw new Error(`${JSON.stringify(validate.errors)} in ${JSON.stringify(wire)}`);
}
