import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { newCounters } from '../../../src/alert/judge/counters';
import { DEFAULT_RULES, readRules } from '../../../src/alert/judge/rules';
import { rulesId } from '../../../src/alert/judge/rules-id';
import { StateFile } from '../../../src/alert/keep/state-file';

describe('StateFile', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('remembers rules, counters and the Sparkplug sequence', async () => {
    const first = await StateFile.open(folder);
    const rules = readRules({ minConfidence: 0.7 });
    const counters = { ...newCounters(0), triggers: 2, pass: 1, fail: 1 };
    await Promise.all([
      first.save({ rules, changedFrom: rulesId(DEFAULT_RULES) }),
      first.save({ counters }),
      first.save({ bdSeq: 7 }),
    ]);
    const { state } = await StateFile.open(folder);
    assert.deepEqual([state.rules, state.counters, state.bdSeq], [rules, counters, 7]);
    assert.deepEqual(readdirSync(folder), ['state.json']);
  });

  it('takes changed rules only as long as the flow has the rules they were changed from', async () => {
    const file = await StateFile.open(folder);
    const rules = readRules({ minConfidence: 0.7 });
    await file.save({ rules, changedFrom: rulesId(DEFAULT_RULES) });
    const again = await StateFile.open(folder);
    assert.deepEqual(await again.rulesFor(DEFAULT_RULES), rules);
    const deployed = readRules({ minConfidence: 0.5 });
    assert.equal(await again.rulesFor(deployed), deployed);
    // and once other rules were deployed, the change is over for good
    assert.equal(await (await StateFile.open(folder)).rulesFor(DEFAULT_RULES), DEFAULT_RULES);
  });

  it('a station of another name begins to count anew; one without a name before keeps its counters', async () => {
    const file = await StateFile.open(folder);
    await file.save({ counters: { ...newCounters(0), triggers: 2, pass: 2 } });
    await file.workFor('line-1');
    assert.equal(file.state.counters?.triggers, 2);
    const again = await StateFile.open(folder);
    await again.workFor('line-1');
    assert.equal(again.state.counters?.triggers, 2);
    await again.workFor('line-2');
    assert.equal(again.state.counters, null);
    assert.equal((await StateFile.open(folder)).state.station, 'line-2');
  });

  for (const text of ['', '{', 'null', '[]', '{"rules":{"minConfidence":9},"counters":{"triggers":1},"bdSeq":"x"}']) {
    it(`takes ${JSON.stringify(text)} for an empty memory`, async () => {
      writeFileSync(join(folder, 'state.json'), text);
      const { state } = await StateFile.open(folder);
      assert.deepEqual(state, { rules: null, changedFrom: '', counters: null, bdSeq: 0 });
    });
  }
});
