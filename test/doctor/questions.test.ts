import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { askHere } from '../../src/doctor/ask-here';
import { parseAnswers } from '../../src/doctor/questions';
import { hasNothingHappened, HOSTILE } from '../helpers/hostile';

describe('questions to a machine', () => {
  it('are answered by this one', async () => {
    const answers = await askHere(tmpdir());
    assert.equal(answers.system, 'Linux');
    assert.match(answers.node!, /^v\d+/);
    assert.match(answers.space!, /\d+%/);
    assert.equal(answers.writable, 'yes');
  });

  it('are answered for the folder above one that is not there yet', async () => {
    assert.match((await askHere(join(tmpdir(), 'not', 'there', 'yet'))).space!, /\d+%/);
  });

  it('pass over a greeting, unknown names, and answers that are none', () => {
    const printed = 'Welcome to plant 4!\nuser cGk=\nnothing cGk=\nnode \nmachine §§§\n';
    assert.deepEqual(parseAnswers(printed), { user: 'pi' });
  });

  it('run nothing of what a folder is called', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    for (const name of HOSTILE.slice(0, 10)) await askHere(`${folder}/${name(folder)}`);
    assert.ok(hasNothingHappened(folder));
    rmSync(folder, { recursive: true });
  });
});
