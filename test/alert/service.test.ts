import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { GoldenOptions } from '../../src/alert/golden/check';
import { readRules } from '../../src/alert/judge/rules';
import { AlertService } from '../../src/alert/service';

const GOLDEN: GoldenOptions = {
  samples: [],
  schedule: { kind: 'none' },
  ...{ expiryMs: 1000, reminderMs: 0, graceMs: 1000, overdue: 'tell' },
};

describe('AlertService', () => {
  let folder: string;
  const warnings: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'service-'));
    warnings.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const start = (golden?: GoldenOptions) =>
    AlertService.start(
      { station: 's', alertTopic: 'a', rules: readRules({}), folder, ...(golden && { golden }) },
      { alert: () => undefined, picture: () => undefined, warn: (sentence) => warnings.push(sentence) },
    );
  const change = async (rules: object) => {
    const service = await start();
    await service.changeRules(rules).saved;
    await service.stop();
  };

  it('goes on with the rules that were set by message before a restart', async () => {
    await change({ events: { mode: 'stream' }, minConfidence: 0.7 });
    const service = await start();
    assert.deepEqual([service.station.rules.events.mode, service.station.rules.minConfidence], ['stream', 0.7]);
    assert.deepEqual(warnings, []);
    await service.stop();
  });

  it('stream rules that were set by message do not go with golden samples: those of the flow count, and it says so', async () => {
    await change({ events: { mode: 'stream' } });
    const service = await start(GOLDEN);
    assert.equal(service.station.rules.events.mode, 'part');
    assert.match(warnings.join(), /stream mode, which has no golden samples/);
    await service.stop();
  });

  it('part rules that were set by message go with golden samples', async () => {
    await change({ minConfidence: 0.7 });
    const service = await start(GOLDEN);
    assert.equal(service.station.rules.minConfidence, 0.7);
    assert.deepEqual(warnings, []);
    await service.stop();
  });
});
