import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { AlertStation } from '../../../src/alert/station';
import { VerdictLog } from '../../../src/alert/keep/verdict-log';
import { FullDisk } from '../../helpers/full-disk';
import { detection, FRAME, INFERENCE, NOW_MS } from '../fixtures';

const station = new AlertStation('line, "3"'.replace(/[^\w ]/g, ''), NOW_MS);
const verdictOf = (label: string, atMs = NOW_MS) =>
  station.judge({ payload: [detection({ label })], frame: FRAME, inference: INFERENCE }, atMs).verdict;

describe('VerdictLog', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('writes one CSV line per part under one header, over restarts', async () => {
    for (let run = 0; run < 2; run += 1) {
      const log = new VerdictLog({ folder, format: 'csv' });
      await Promise.all([log.write(verdictOf('scratch')), log.write(verdictOf('dent'))]);
      await log.close();
    }
    const lines = readFileSync(join(folder, 'verdicts.csv'), 'utf8').split('\r\n');
    assert.equal(lines.length, 6);
    assert.match(lines[0] ?? '', /^\ufefftime,station,frame,source,captured at,verdict,reason,defects,classes,/);
    const columns = (lines[0] ?? '').split(',').length;
    for (const line of lines.slice(1, 5)) assert.equal(line.split(',').length, columns);
    assert.match(
      lines[1] ?? '',
      /^2026-01-02T03:04:06\.000Z,line 3,cam-1-42,cam-1,.*,FAIL,,1,scratch,0\.9,pcb,1\.2\.0,/,
    );
    assert.match(lines[2] ?? '', /,dent,/);
  });

  it('begins a new file where an earlier version had other columns', async () => {
    writeFileSync(join(folder, 'verdicts.csv'), '\ufefftime,station\r\n2025,line\r\n');
    const log = new VerdictLog({ folder, format: 'csv' });
    await log.write(verdictOf('scratch'));
    await log.close();
    const [aside] = readdirSync(folder).filter((name) => name.startsWith('verdicts-'));
    assert.match(readFileSync(join(folder, aside ?? ''), 'utf8'), /2025,line/);
    assert.match(
      readFileSync(log.path, 'utf8'),
      /^\ufefftime,station,frame,.*,golden sample,golden result,golden differences,parts\r\n2026/,
    );
  });

  it('lines that a full disk refused are written when there is room, after the header', async () => {
    const full = new FullDisk(10);
    const log = new VerdictLog({ folder, format: 'csv', file: { open: full.open } });
    await assert.rejects(log.write(verdictOf('scratch')), { code: 'IO_FAILED' });
    await assert.rejects(log.write(verdictOf('dent')), { code: 'IO_FAILED' });
    full.roomBytes = 1e6;
    await log.write(verdictOf('crack'));
    await log.close();
    const lines = readFileSync(log.path, 'utf8').split('\r\n');
    assert.match(lines[0] ?? '', /^\ufefftime,station/);
    assert.deepEqual(
      lines.slice(1, 4).map((line) => /scratch|dent|crack/.exec(line)?.[0]),
      ['scratch', 'dent', 'crack'],
    );
    assert.equal(lines.length, 5);
  });

  it('never lets a name become a formula, a column or a line', async () => {
    const log = new VerdictLog({ folder, format: 'csv' });
    await log.write(verdictOf('=HYPERLINK("http://x","y")'));
    await log.write(verdictOf('a,b;c"d'));
    await log.close();
    const text = readFileSync(log.path, 'utf8');
    assert.ok(text.includes(`"'=HYPERLINK(""http://x"",""y"")"`));
    assert.ok(text.includes('"a,b;c""d"'));
    assert.equal(text.split('\r\n').length, 4);
  });

  it('writes JSON lines that can be read back', async () => {
    const log = new VerdictLog({ folder, format: 'jsonl' });
    const record = verdictOf('scratch');
    await log.write(record);
    await log.close();
    assert.deepEqual(JSON.parse(readFileSync(log.path, 'utf8')), record);
  });

  it('rotates, keeps the newest files, and loses no line in between', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    const log = new VerdictLog({ folder, format: 'jsonl', maxBytes: 2000, maxFiles: 3 });
    for (let i = 0; i < 40; i += 1) await log.write(verdictOf(`label ${i}`, NOW_MS + i));
    await log.close();
    const names = readdirSync(folder).sort();
    assert.equal(names.filter((name) => name.startsWith('verdicts-')).length, 3);
    assert.ok(names.includes('notes.txt'));
    const labels = names
      .filter((name) => name.startsWith('verdicts'))
      .sort((a, b) => (a === 'verdicts.jsonl' ? 1 : b === 'verdicts.jsonl' ? -1 : a < b ? -1 : 1))
      .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
      .map((line) => Number((JSON.parse(line) as { defects: { label: string }[] }).defects[0]?.label.slice(6)));
    const first = labels[0] ?? NaN;
    assert.deepEqual(
      labels,
      Array.from({ length: 40 - first }, (_, i) => first + i),
    );
  });

  it('says in one sentence that the folder cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    const log = new VerdictLog({ folder: join(folder, 'file'), format: 'csv' });
    await assert.rejects(log.write(verdictOf('x')), /Cannot write .*verdicts\.csv/);
  });
});
