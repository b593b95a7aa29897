import assert from 'node:assert/strict';
import { complaintOf, schemaCheck } from '../../src/contract/schema';

/** Fails unless a message, as it is on the wire, is what schemas/<name>.schema.json says. */
export function assertFits(name: string, message: unknown): void {
  const check = schemaCheck(name);
  const wire: unknown = JSON.parse(JSON.stringify(message));
  assert.ok(check(wire), `${name}: ${complaintOf(check)} in ${JSON.stringify(wire)}`);
}
