import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newCounters, readCounters } from '../../../src/alert/judge/counters';

const WHOLE = { ...newCounters(0), triggers: 6, pass: 3, fail: 2, notInspected: 1 };

describe('readCounters', () => {
  it('reads what was stored', () => {
    const read = readCounters(JSON.parse(JSON.stringify(WHOLE)));
    assert.deepEqual(
      [read?.triggers, read?.pass, read?.fail, read?.notInspected, read?.since],
      [6, 3, 2, 1, WHOLE.since],
    );
  });

  for (const [what, change] of Object.entries({
    'a sum that is none': { pass: 4 },
    'a count below nothing': { pass: 6, notInspected: -2 },
    'a count that is no number': { pass: '3' },
    'a time that is no text': { since: 5 },
    'a time that is none': { since: 'yesterday' },
  })) {
    it(`forgets ${what}`, () => assert.equal(readCounters({ ...WHOLE, ...change }), undefined));
  }

  it('forgets nothing at all', () => {
    for (const value of [undefined, null, 'x', []]) assert.equal(readCounters(value), undefined);
  });
});
