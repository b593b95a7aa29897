import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  boolean,
  choice,
  integer,
  json,
  number,
  optionalNumber,
  path,
  text,
} from '../../../nodes/shared/property-kinds';
import {
  applies,
  defineProperties,
  fromFirstRelease,
  migrate,
  readOverrides,
  readProperties,
} from '../../../nodes/shared/properties';

const SAMPLE = defineProperties({
  type: 'sample',
  migrations: [fromFirstRelease, (raw) => ({ ...raw, rate: Number(raw.rate ?? 1) * 60 })],
  table: {
    rate: number({ default: 60, min: 0, max: 600, unit: 'per minute' }),
    threads: integer({ default: 0, min: 0, max: 64 }),
    limit: optionalNumber({ default: 0.25, min: 0, max: 1 }),
    mode: choice({ default: 'auto', choices: ['auto', 'fixed'] }),
    size: number({ default: 5, min: 1, max: 9, when: { mode: ['fixed'] } }),
    folder: path({ default: 'frames', required: true }),
    note: text(),
    rules: json(),
    on: boolean({ default: true }),
    depth: integer({ default: 3, min: 1, max: 9, when: { on: 'set' } }),
  },
});

const DEFAULTS = {
  rate: 60,
  threads: 0,
  limit: 0.25,
  mode: 'auto',
  size: 5,
  folder: 'frames',
  note: '',
  rules: {},
  on: true,
  depth: 3,
};

/** A flow of the present version. */
const now = (raw: object) => readProperties(SAMPLE, { version: 2, ...raw });

describe('properties of a flow', () => {
  it('a property that the flow lacks has its default', () => assert.deepEqual(now({}), DEFAULTS));

  it('an empty field means the default, except where nothing is a value of its own', () => {
    const blank = { rate: '', threads: '', limit: '', mode: '', note: '', rules: '', on: '' };
    assert.deepEqual(now(blank), { ...DEFAULTS, limit: undefined });
  });

  it('texts of dialogs and of environment variables are converted', () => {
    const { rate, threads, on, rules, note } = now({
      rate: '1.5',
      threads: '4',
      on: 'false',
      rules: '{"a":1}',
      note: ' hello ',
    });
    assert.deepEqual([rate, threads, on, rules, note], [1.5, 4, false, { a: 1 }, 'hello']);
  });

  for (const [raw, sentence] of [
    [{ rate: 601 }, 'Expected a number between 0 and 600 for rate (per minute) but received 601'],
    [{ rate: 'fast' }, 'Expected a number between 0 and 600 for rate (per minute) but received "fast"'],
    [{ threads: 1.5 }, 'Expected a whole number between 0 and 64 for threads but received 1.5'],
    [{ threads: [] }, 'Expected a whole number between 0 and 64 for threads but received an array of length 0'],
    [{ mode: 'other' }, 'Expected one of auto, fixed for mode but received "other"'],
    [{ folder: ' ' }, 'Expected a non-empty string for folder but received " "'],
    [{ note: 'a\0b' }, 'Expected a text for note but received "a\\u0000b"'],
    [{ note: {} }, 'Expected a text for note but received a value of type object'],
    [{ rules: '[1]' }, 'Expected a JSON object for rules but received "[1]"'],
    [{ rules: '{' }, 'Expected a JSON object for rules but received "{"'],
    [{ on: 'no' }, 'Expected true or false for on but received "no"'],
  ] as const) {
    it(`refuses ${JSON.stringify(raw)}`, () => {
      assert.throws(() => now(raw), { message: sentence, code: 'BAD_ARGUMENT' });
    });
  }

  it('a property that means nothing with the others as they are is not checked', () => {
    assert.deepEqual(now({ size: 99, on: false, depth: 'deep' }), { ...DEFAULTS, on: false });
    assert.throws(() => now({ mode: 'fixed', size: 99 }), /between 1 and 9 for size but received 99/);
    assert.equal(applies(SAMPLE.table.depth, SAMPLE.table, {}), true);
  });

  it('an older flow is brought up to date, a newer one is read as it is', () => {
    assert.equal(readProperties(SAMPLE, { rate: '2' }).rate, 120);
    assert.equal(readProperties(SAMPLE, { version: 1, rate: 2 }).rate, 120);
    assert.equal(now({ rate: 2 }).rate, 2);
    assert.equal(migrate(SAMPLE, { version: 7, rate: 2 }).version, 7);
  });

  it('fields that 0.1.0 left blank mean the default, in the dialog too', () => {
    const raw = { threads: '', mode: null, limit: '', note: '', other: '' };
    assert.deepEqual(fromFirstRelease(raw, SAMPLE.table), { limit: '', note: '', other: '' });
  });

  it('overrides by message: only what is named, and nothing for an empty one', () => {
    assert.deepEqual(readOverrides(SAMPLE, { rate: 1, payload: 2, mode: undefined }), { rate: 1 });
    assert.throws(() => readOverrides(SAMPLE, { threads: '' }), /for msg\.threads but received ""/);
  });
});
