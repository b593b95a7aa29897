import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameLedger } from '../../src/station/ledger';

describe('FrameLedger', () => {
  it('counts frames per source and says when one left, once', () => {
    const ledger = new FrameLedger();
    const left: string[] = [];
    ledger.on('left', (source) => left.push(source));
    ledger.enter('a', '1');
    ledger.enter('a', '2');
    ledger.enter('b', '1');
    assert.deepEqual([ledger.inFlight('a'), ledger.inFlight('b'), ledger.inFlight('c')], [2, 1, 0]);
    ledger.leave('a', '1');
    ledger.leave('a', '1');
    ledger.leave('c', '9');
    assert.equal(ledger.inFlight('a'), 1);
    assert.deepEqual(left, ['a']);
  });
});
