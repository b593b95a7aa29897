import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { SilenceWatch } from '../../../src/alert/announce/silence';
import { until } from '../../helpers/until';

describe('SilenceWatch', () => {
  let watch: SilenceWatch;
  afterEach(() => watch.stop());

  it('says once that no part comes, and once that one came', async () => {
    const told: (number | undefined)[] = [];
    const startedMs = Date.now();
    watch = new SilenceWatch(30, (sinceMs) => told.push(sinceMs));
    assert.equal(watch.isSilent, false);
    await until('silence', () => told.length === 1);
    assert.ok(Math.abs((told[0] ?? 0) - startedMs) < 1000, 'since the start, where no part came at all');
    assert.equal(watch.isSilent, true);
    assert.ok(watch.seconds >= 0.03);
    watch.partCame();
    watch.partCame();
    assert.deepEqual([told.length, told[1], watch.isSilent], [2, undefined, false]);
    await until('silence again', () => told.length === 3);
  });

  it('is never silent with 0', () => {
    watch = new SilenceWatch(0, () => assert.fail());
    watch.partCame();
    assert.equal(watch.isSilent, false);
  });
});
