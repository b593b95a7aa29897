import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callsOf, failingFrom, powerCutAt, SCENARIOS } from './crash-harness';
import { diskFullAt, readOnlyAt, type DiskCall } from '../../helpers/faulty-disk';

/** Steps before which the disk differs from the step before: between two reads nothing changes. */
const changedSteps = (calls: DiskCall[]) => [...calls.keys(), calls.length].filter((step) => calls[step - 1]?.changes);

/** Steps at which the disk is asked to change something. */
const changingSteps = (calls: DiskCall[]) => [...calls.keys()].filter((step) => calls[step]?.changes);

describe('slots survive', () => {
  for (const scenario of SCENARIOS) {
    it(`a power cut after any change of ${scenario.name}`, async () => {
      const steps = changedSteps(await callsOf(scenario));
      assert.ok(steps.length >= 5);
      for (const step of [0, ...steps]) await powerCutAt(scenario, step);
    });

    it(`a disk that fills up, or turns read-only, at any change of ${scenario.name}`, async () => {
      for (const step of changingSteps(await callsOf(scenario))) {
        await failingFrom(scenario, diskFullAt, step);
        await failingFrom(scenario, readOnlyAt, step);
      }
      assert.equal(await failingFrom(scenario, readOnlyAt, 0), false);
    });
  }
});
