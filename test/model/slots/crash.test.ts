import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callsOf, failingFrom, powerCutAt, SCENARIOS } from './crash-harness';
import { diskFullAt, readOnlyAt } from './faulty-disk';

describe('slots survive', () => {
  for (const scenario of SCENARIOS) {
    it(`a power cut between any two calls of ${scenario.name}`, async () => {
      const calls = await callsOf(scenario);
      assert.ok(calls.length > 10);
      for (let step = 0; step < calls.length; step++) await powerCutAt(scenario, step);
    });

    it(`a disk that fills up, or turns read-only, at any call of ${scenario.name}`, async () => {
      const calls = await callsOf(scenario);
      for (let step = 0; step < calls.length; step++) {
        await failingFrom(scenario, diskFullAt, step);
        await failingFrom(scenario, readOnlyAt, step);
      }
      assert.equal(await failingFrom(scenario, readOnlyAt, 0), false);
    });
  }
});
