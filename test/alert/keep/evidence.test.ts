import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { EvidenceFolder } from '../../../src/alert/keep/evidence';
import { FullDisk } from '../../helpers/full-disk';
import { waitFor } from '../../helpers/wait-for';

const JPEG = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(996)]);
const nameAt = (ms: number, image: Buffer = JPEG) =>
  EvidenceFolder.nameFor(image, randomUUID(), new Date(ms).toISOString()) as string;

describe('EvidenceFolder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'evidence-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('keeps a picture under a name that says when and which alert', async () => {
    const kept = new EvidenceFolder({ folder });
    const name = nameAt(Date.parse('2026-01-02T03:04:05.678Z'));
    assert.match(name, /^20260102T030405678Z-[0-9a-f-]{36}\.jpg$/);
    await kept.save(name, JPEG);
    assert.deepEqual(readFileSync(join(folder, name)), JPEG);
    assert.deepEqual(kept.locate(name), { folder, contentType: 'image/jpeg' });
  });

  it('a full disk leaves no empty picture and no half one', async () => {
    const full = new FullDisk(500);
    const kept = new EvidenceFolder({ folder }, full.disk);
    await assert.rejects(kept.save(nameAt(0), JPEG), {
      code: 'IO_FAILED',
      message: /^Cannot keep the picture .*ENOSPC/,
    });
    assert.deepEqual(readdirSync(folder), []);
    assert.equal(kept.count, 0);
    full.roomBytes = 1e6;
    await kept.save(nameAt(1000), JPEG);
    assert.equal(readdirSync(folder).length, 1);
  });

  it('what an earlier run left unfinished is removed', async () => {
    writeFileSync(join(folder, `${nameAt(0)}.partial`), 'half');
    writeFileSync(join(folder, 'notes.partial'), 'not ours');
    await new EvidenceFolder({ folder }).save(nameAt(1000), JPEG);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('.partial')),
      ['notes.partial'],
    );
  });

  it('knows pictures by their bytes, and takes nothing else', () => {
    assert.match(nameAt(0, Buffer.from('89504e470d0a1a0a', 'hex')), /\.png$/);
    for (const bytes of ['<script>', '', 'GIF89a', '<svg/>']) {
      assert.equal(EvidenceFolder.nameFor(Buffer.from(bytes), randomUUID(), new Date().toISOString()), undefined);
    }
    assert.equal(EvidenceFolder.nameFor(JPEG, '../../x', new Date().toISOString()), undefined);
  });

  it('never holds more files or bytes than it may, and lets the oldest go', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    const byCount = new EvidenceFolder({ folder, maxFiles: 3 });
    const names = Array.from({ length: 6 }, (_, i) => nameAt(i * 1000));
    for (const name of names) await byCount.save(name, JPEG);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(byCount.count, 3);
    const again = new EvidenceFolder({ folder, maxBytes: 2500 });
    await again.save(nameAt(9000), JPEG);
    await waitFor('the oldest to go', () => readdirSync(folder).length <= 3);
    const left = readdirSync(folder).sort();
    assert.equal(left.length, 3);
    assert.ok(left.includes('notes.txt') && left.includes(names[5] as string));
  });

  for (const name of [
    '',
    '.',
    '..',
    '../state.json',
    'notes.txt',
    '%2e%2e/x',
    `${'a'.repeat(65_536)}.jpg`,
    'x\0.jpg',
  ]) {
    it(`finds nothing under ${JSON.stringify(name).slice(0, 20)}`, () =>
      assert.equal(new EvidenceFolder({ folder }).locate(name), undefined));
  }

  it('says in one sentence that a picture could not be kept', async () => {
    writeFileSync(join(folder, 'file'), '');
    const kept = new EvidenceFolder({ folder: join(folder, 'file', 'x') });
    await assert.rejects(kept.save(nameAt(0), JPEG), /Cannot keep the picture/);
    assert.ok(!existsSync(join(folder, 'file', 'x')));
  });
});
