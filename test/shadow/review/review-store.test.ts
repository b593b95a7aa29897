import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import sharp from 'sharp';
import { InspectionError } from '../../../src/contract/errors';
import { ReviewStore } from '../../../src/shadow/review/review-store';
import { diskFullAt, readOnlyAt, watchedDisk, type BeforeCall } from '../../helpers/faulty-disk';
import { MemoryDisk, POWER_CUTS } from '../../helpers/memory-disk';
import { finding, offered } from './parts';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'review-'));
  folder = join(root, 'a', 'review');
});
afterEach(() => rmSync(root, { recursive: true }));

const PIXEL = Buffer.from('no picture at all');
/** Stands in for the picture library where pictures do not matter. */
const cut = async () => ({ jpeg: PIXEL, area: { x: 0, y: 0, width: 10, height: 10 } });
const open = (limits = {}, options = {}) => ReviewStore.open(folder, limits, { cut, ...options });
const defect = (by = 'anna') => ({ verdict: 'defect', by, way: 'page' as const });

describe('ReviewStore', () => {
  it('keeps crop and whole picture upright at full resolution, and shows nothing that tells the models apart', async () => {
    const image = await sharp({ create: { width: 400, height: 300, channels: 3, background: '#808080' } })
      .jpeg()
      .toBuffer();
    const store = await ReviewStore.open(folder);
    const part = offered('f1', [finding(100, 'spur', 'candidate')], { image, size: { width: 300, height: 400 } });
    part.frame = { ...part.frame, rotate: 90 };
    const [card] = await store.offer(part);
    const blind = await store.next('anna');
    assert.equal(blind?.id, card?.id);
    assert.deepEqual(blind?.box, { x: 100, y: 10, width: 20, height: 40 });
    assert.doesNotMatch(JSON.stringify(blind), /candidate|primary|confidence|0\.9|sha|foundBy|weight/);
    const crop = await store.picture(blind?.id ?? '', 'crop');
    const whole = await store.picture(blind?.id ?? '', 'whole');
    const { width, height } = await sharp(crop?.path).metadata();
    assert.deepEqual({ width, height }, { width: 160, height: 110 });
    assert.deepEqual(blind?.cropArea, { x: 30, y: 0, width: 160, height: 110 });
    const upright = await sharp(whole?.path).metadata();
    assert.deepEqual([upright.width, upright.height, whole?.contentType], [300, 400, 'image/jpeg']);
  });

  it('keeps the bytes of an upright picture as they came', async () => {
    const image = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#123456' } })
      .png()
      .toBuffer();
    const store = await ReviewStore.open(folder);
    const [card] = await store.offer(offered('f1', [finding(10)], { image }));
    assert.deepEqual(readFileSync((await store.picture(card?.id ?? '', 'whole'))?.path ?? ''), image);
  });

  it('makes one card of the same defect on successive frames, and another for another part, place, class or finder', async () => {
    let nowMs = 0;
    const store = await open({ windowMs: 1000 }, { now: () => nowMs });
    const offer = async (id: string, ...found: ReturnType<typeof finding>[]) =>
      (await store.offer(offered(id, found))).length;
    assert.equal(await offer('1', finding(10)), 1);
    nowMs = 900;
    assert.equal(await offer('2', finding(12)), 0);
    nowMs = 1800;
    assert.equal(await offer('3', finding(14)), 0, 'within the window after it was last seen');
    assert.equal(await offer('3', finding(14, 'open'), finding(90), finding(14, 'spur', 'primary')), 3);
    nowMs = 3000;
    assert.equal(await offer('4', finding(14)), 1, 'too long after');
    const [first] = (await store.state()).cards.values();
    assert.equal(first?.repeats, 2);
    const numbered = (id: string, partId: string) => {
      const part = offered(id, [finding(200)]);
      part.frame = { ...part.frame, partId };
      return store.offer(part);
    };
    assert.equal((await numbered('5', 'A')).length, 1);
    assert.equal((await numbered('6', 'A')).length, 0);
    assert.equal((await numbered('7', 'B')).length, 1, 'another part');
  });

  it('asks about the classes first of which least is known, and gives nobody a card twice', async () => {
    const store = await open({ secondShare: 0 });
    for (let i = 0; i < 10; i++) await store.offer(offered(`s${i}`, [finding(i * 60)]));
    for (let i = 0; i < 9; i++) await store.answer((await store.next('anna'))?.id ?? '', defect());
    await store.offer(offered('o', [finding(10, 'open')]));
    assert.equal((await store.next('anna'))?.label, 'open');
    assert.equal((await store.next('ben'))?.label, 'spur', 'the other is in anna’s hands');
    assert.equal((await store.next('anna'))?.label, 'open', 'until she has answered');
    assert.equal((await store.next('anna', [(await store.next('anna'))?.id ?? '']))?.id, undefined, 'left for later');
  });

  it('asks somebody else for the second answer, and reports how far the two agree', async () => {
    const store = await open({ secondShare: 1 });
    for (let i = 0; i < 4; i++) await store.offer(offered(`s${i}`, [finding(i * 60)]));
    for (let i = 0; i < 4; i++) await store.answer((await store.next('anna'))?.id ?? '', defect());
    assert.equal(await store.next('anna'), undefined);
    for (let i = 0; i < 4; i++) {
      const card = (await store.next('ben')) ?? assert.fail();
      assert.equal(card.state, 'second');
      await store.answer(card.id, i === 0 ? { ...defect('ben'), verdict: 'no defect' } : defect('ben'));
    }
    const { agreement, done, second, answers } = await store.stats();
    // the two who disagree are settled by a third
    assert.deepEqual([done, second, answers, agreement.same.count, agreement.same.of], [3, 1, 8, 3, 4]);
    // 7 of 8 answers are 'defect': by chance (7/8)² + (1/8)² agree
    assert.ok(Math.abs((agreement.kappa ?? 9) - (0.75 - 50 / 64) / (1 - 50 / 64)) < 1e-12);
  });

  it('refuses what is no answer in one sentence, and stores nothing', async () => {
    const store = await open();
    const [card] = await store.offer(offered('1', [finding(10)]));
    const id = card?.id ?? '';
    await assert.rejects(
      store.answer(id, { ...defect(), verdict: 'maybe' }),
      /Expected one of defect, no defect, cannot tell, other class for the answer but received "maybe"/,
    );
    await assert.rejects(store.answer(id, { ...defect(), verdict: 'other class' }), /non-empty string for the class/);
    await assert.rejects(store.answer('unknown', defect()), /the id of a card in the store for the card/);
    assert.equal((await store.stats()).answers, 0);
  });

  it('is bounded: unanswered cards of the commonest class give way, answers stay, pictures go before answers', async () => {
    const store = await open({ maxOpen: 6, maxBytes: 1e9 });
    await store.offer(offered('o', [finding(10, 'open')]));
    for (let i = 0; i < 10; i++) await store.offer(offered(`s${i}`, [finding(i * 60)]));
    const labels = (await store.list()).map(({ label }) => label);
    assert.deepEqual(labels, ['open', 'spur', 'spur', 'spur', 'spur', 'spur']);
    assert.equal((await store.stats()).dropped, 5);
    assert.equal(readdirSync(join(folder, 'pictures')).length, 6 + 6);
    const answered = (await store.next('anna'))?.id ?? '';
    await store.answer(answered, defect());
    const small = await open({ maxOpen: 99, maxBytes: 12_000 });
    for (let i = 20; i < 40; i++)
      await small.offer(offered(`s${i}`, [finding(i * 60)], { image: Buffer.alloc(2000, i) }));
    const { bytes } = await small.stats();
    const pictures = readdirSync(join(folder, 'pictures')).reduce(
      (sum, name) => sum + statSync(join(folder, 'pictures', name)).size,
      0,
    );
    assert.ok(pictures <= 12_000, `${pictures} bytes of pictures, ${bytes} in all`);
    const kept = await small.card(answered);
    assert.deepEqual([kept.state === 'open', kept.hasPicture], [false, false]);
  });

  it('shortens its journal without losing an answer, also one that another process gives meanwhile', async () => {
    const store = await open({ maxCards: 5, maxReports: 3 });
    const other = await open({}, { keeps: false });
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) {
      const [card] = await store.offer(offered(`s${i}`, [finding(i * 60)]));
      ids.push(card?.id ?? '');
      await Promise.all([
        other.answer(ids[i] ?? '', defect('ben')),
        store.answer(ids[Math.max(0, i - 1)] ?? '', defect()),
      ]);
    }
    const { cards } = await other.state();
    assert.ok(cards.size <= 6, String(cards.size));
    for (const id of ids.slice(-4))
      assert.ok(
        cards.get(id)?.answers.some(({ by }) => by === 'ben'),
        id,
      );
  });

  it('sees what another process stored, and a redeploy loses nothing', async () => {
    const node = await open();
    const [card] = await node.offer(offered('1', [finding(10)]));
    const cli = await open({}, { keeps: false });
    await cli.answer(card?.id ?? '', { ...defect(), way: 'command line' });
    assert.equal((await node.stats()).answers, 1);
    // a redeploy in the middle of an answer: the old store is not even closed
    const given = node.answer(card?.id ?? '', defect('ben'));
    const after = await open();
    await given;
    assert.equal((await after.stats()).answers, 2);
  });

  it('passes over a torn last line, and what is written next is whole', async () => {
    const store = await open();
    const [card] = await store.offer(offered('1', [finding(10)]));
    appendFileSync(join(folder, 'journal.jsonl'), '{"type":"answer","card":"');
    const again = await open();
    await again.answer(card?.id ?? '', defect());
    const last = await open();
    const { answers, damagedLines } = await last.stats();
    assert.deepEqual([answers, damagedLines], [1, 1]);
  });

  const FAULTS: [string, (step: number) => BeforeCall][] = [
    ['full', diskFullAt],
    ['read-only', readOnlyAt],
  ];
  for (const [how, failingAt] of FAULTS) {
    it(`an answer is stored, or its giver is told: the disk is ${how} from every single call on`, async () => {
      let refused = 0;
      for (let step = 0, calls = 1; step <= calls; step++) {
        const memory = new MemoryDisk();
        await memory.mkdir('/station');
        memory.syncAll();
        const store = await ReviewStore.open('/station/review', {}, { cut, disk: memory });
        const [card] = await store.offer(offered('1', [finding(10)]));
        const fails = failingAt(step);
        const disk = watchedDisk(memory, (call, index) => {
          calls = Math.max(calls, index);
          fails(call, index);
        });
        const told = await ReviewStore.open('/station/review', {}, { cut, disk, keeps: false })
          .then((full) => full.answer(card?.id ?? '', defect()))
          .then(
            () => 'stored',
            (error: unknown) => error,
          );
        if (told !== 'stored') {
          refused++;
          assert.ok(told instanceof InspectionError && told.code === 'IO_FAILED', `${step}: ${String(told)}`);
        }
        // there is room again: what was refused can be given once more, and is whole
        const later = await ReviewStore.open('/station/review', {}, { cut, disk: memory });
        if (told === 'stored') assert.equal((await later.stats()).answers, 1, `step ${step}`);
        await later.answer(card?.id ?? '', defect());
        const last = await ReviewStore.open('/station/review', {}, { cut, disk: memory });
        assert.equal((await last.stats()).answers, 1);
      }
      assert.ok(refused > 3, String(refused));
    });
  }

  it('the power is cut after an answer was taken, in five ways: it is there', async () => {
    for (const powerCut of POWER_CUTS) {
      const disk = new MemoryDisk();
      await disk.mkdir('/station');
      disk.syncAll();
      const store = await ReviewStore.open('/station/review', {}, { cut, disk });
      const [card] = await store.offer(offered('1', [finding(10)]));
      await store.answer(card?.id ?? '', defect());
      const after = await ReviewStore.open('/station/review', {}, { cut, disk: disk.afterPowerCut(powerCut) });
      assert.equal((await after.stats()).answers, 1, powerCut);
      assert.ok(await after.picture(card?.id ?? '', 'crop'), powerCut);
    }
  });

  it('a process that is killed while it answers loses no answer that it was told is stored', async () => {
    const store = await open();
    for (let i = 0; i < 10; i++) await store.offer(offered(`s${i}`, [finding(i * 60)]));
    const child = spawn(process.execPath, [join(__dirname, 'answering-child.js'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      told += text;
      if (told.split('\n').length > 20) child.kill('SIGKILL');
    });
    await once(child, 'close');
    const ids = told.split('\n').slice(0, -1);
    assert.equal(child.signalCode, 'SIGKILL');
    const { cards } = await (await open()).state();
    for (const line of ids) {
      const [id = '', by] = line.split(' ');
      assert.ok(
        cards.get(id)?.answers.some((answer) => answer.by === by && answer.verdict === 'defect'),
        line,
      );
    }
  });
});
