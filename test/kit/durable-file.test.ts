import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AppendFile } from '../../src/kit/durable-file';
import { FullDisk } from '../helpers/full-disk';
import { waitFor } from '../helpers/wait-for';

describe('AppendFile on a disk that is full', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'append-'));
    path = join(folder, 'log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('what was refused is written with the next text, whole and in order', async () => {
    const full = new FullDisk(6);
    const file = new AppendFile(path, 0, { open: full.open });
    await file.append('one\n');
    await assert.rejects(file.append('two\n'), { code: 'IO_FAILED', message: /ENOSPC/ });
    await assert.rejects(file.append('three\n'), { code: 'IO_FAILED' });
    full.roomBytes = 100;
    await file.append('four\n');
    await file.close();
    assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\nthree\nfour\n');
    assert.equal(file.lost, 0);
  });

  it('what was refused is written after a while, though nothing more comes', async () => {
    const full = new FullDisk(0);
    const file = new AppendFile(path, 0, { open: full.open, retryMs: 5 });
    await assert.rejects(file.append('one\n'));
    full.roomBytes = 100;
    await waitFor('the line', () => readFileSync(path, 'utf8') === 'one\n');
    await file.close();
  });

  it('close tries once more', async () => {
    const full = new FullDisk(2);
    const file = new AppendFile(path, 0, { open: full.open });
    await assert.rejects(file.append('one\n'));
    full.roomBytes = 100;
    await file.close();
    assert.equal(readFileSync(path, 'utf8'), 'one\n');
  });

  it('does not keep more than it may for a disk that stays full: the oldest go, and are counted', async () => {
    const full = new FullDisk(0);
    const file = new AppendFile(path, 0, { open: full.open, owedMaxBytes: 8 });
    for (const text of ['one\n', 'two\n', 'six\n', 'ten\n']) await assert.rejects(file.append(text));
    assert.equal(file.lost, 2);
    full.roomBytes = 100;
    await file.close();
    assert.equal(readFileSync(path, 'utf8'), 'six\nten\n');
  });
});
