import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { PendingFolder } from '../../src/quantize/publish';

describe('PendingFolder', () => {
  const parent = mkdtempSync(join(tmpdir(), 'publish-'));
  after(() => rmSync(parent, { recursive: true }));

  it('removes what a process left that was ended by SIGKILL, and nothing of one that runs', async () => {
    const { pid: dead } = spawnSync('true');
    const mine = process.ppid;
    const [old, young] = ['.model.partial-AbCdEf', '.model.partial-GhIjKl'];
    const names = [`.model.partial-${dead}-AbCdEf`, `.model.partial-${mine}-AbCdEf`, old, young, '.other.partial-1-x'];
    for (const name of [...names, `.model.partial-${dead}-AbCdEf.old`]) mkdirSync(join(parent, name));
    utimesSync(join(parent, old), 0, 0);
    const pending = await PendingFolder.create(join(parent, 'model'));
    await pending.discard();
    assert.deepEqual(
      readdirSync(parent).sort(),
      [`.model.partial-${mine}-AbCdEf`, young, '.other.partial-1-x', `.model.partial-${dead}-AbCdEf.old`].sort(),
    );
  });
});
