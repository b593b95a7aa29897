import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chaos } from '../../lab/torture/chaos';
import { tableOf, type Row, type TortureOptions } from '../../lab/torture/harness';
import { tortureFaults } from '../../lab/torture/torture-faults';
import { tortureKills } from '../../lab/torture/torture-kills';
import { tortureModels } from '../../lab/torture/torture-models';
import { torturePictures } from '../../lab/torture/torture-pictures';
import { tortureStrings } from '../../lab/torture/torture-strings';

/** Small versions of the laboratory's torture: `npm run lab -- torture-pictures` and so on run them in full. */
const SMALL: Record<string, [(options: TortureOptions) => Promise<Row[]>, count: number]> = {
  'damaged pictures': [torturePictures, 600],
  'damaged models': [tortureModels, 30],
  'hostile strings': [tortureStrings, 2000],
  'broker, disk, clock and memory': [tortureFaults, 150],
};

/** Times and memory depend on the machine: here only what was found wrong or never answered counts. */
function assertNothingFound(rows: readonly Row[]): void {
  for (const { test, count, found, lost } of rows) {
    assert.ok(count > 0, `${test}: nothing was tried`);
    assert.deepEqual({ test, found, lost }, { test, found: [], lost: 0 });
  }
}

describe('torture', () => {
  for (const [name, [torture, count]] of Object.entries(SMALL)) {
    it(name, async () => assertNothingFound(await torture({ count, seed: 7 })));
  }

  it('kills and freezes: every frame is answered', async () => {
    const rows = await tortureKills({ count: 4, seed: 7 });
    // how fast it is back is measured where nothing else runs
    assertNothingFound(
      rows.map((row) => ({ ...row, found: row.found.filter((text) => !text.includes('back after')) })),
    );
  });

  it('chaos: the books balance', async () => {
    const rows = await chaos(0.15, 7);
    assertNothingFound(rows.map((row) => ({ ...row, found: row.found.filter((text) => !text.startsWith('Grew')) })));
  });

  it('prints a table', () => {
    const row: Row = { test: 't', count: 3, found: ['x'], lost: 1, memoryMiB: -2, recoveryMs: 1540, loopP99Ms: 7.25 };
    const [head, , line] = tableOf([row]).split('\n');
    assert.match(head ?? '', /^\| test +\| count \| found \| lost \| memory, MiB \| longest recovery, s \|/);
    assert.match(line ?? '', /^\| t +\| 3 +\| 1 +\| 1 +\| -2 +\| 1\.54 +\| 7\.3 +\|$/);
  });
});
