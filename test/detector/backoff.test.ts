import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Backoff } from '../../src/detector/backoff';

describe('backoff', () => {
  it('doubles from a quarter of a second to half a minute', () => {
    const backoff = new Backoff(() => 0.5);
    const waits = Array.from({ length: 10 }, () => backoff.next());
    assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('begins anew after a success', () => {
    const backoff = new Backoff(() => 0.5);
    backoff.next();
    backoff.next();
    backoff.succeeded();
    assert.equal(backoff.next(), 250);
  });

  it('spreads the waits by a quarter both ways', () => {
    assert.equal(new Backoff(() => 0).next(), 188);
    assert.equal(new Backoff(() => 1).next(), 313);
  });
});
