import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { PartLog } from '../../../src/shadow/review/part-log';
import { ReviewStore } from '../../../src/shadow/review/review-store';
import { thresholdAid } from '../../../src/shadow/review/threshold-aid';
import { isoWeek, weeklyFigures } from '../../../src/shadow/review/weekly';
import { CLASS_NAMES, finding, MODELS, offered } from './parts';

let root: string;
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'figures-'))));
afterEach(() => rmSync(root, { recursive: true }));

const cut = async () => ({ jpeg: Buffer.from('jpeg'), area: { x: 0, y: 0, width: 9, height: 9 } });
const NOW = Date.parse('2026-11-24T12:00:00Z');

describe('truth about the model in use', () => {
  it('finds a part days later, counts it in its week, and passes over a torn line', async () => {
    const log = await PartLog.open(join(root, 'parts'), undefined, () => NOW);
    for (let i = 0; i < 100; i++) {
      const part = { frameId: `f${i}`, partId: `P${i}`, camera: 'c', time: '2026-11-20T10:00:00.000Z' };
      log.add({ ...part, line: i < 80 ? 'PASS' : 'FAIL' });
    }
    await log.close();
    appendFileSync(join(root, 'parts', readdirSync(join(root, 'parts'))[0] ?? ''), '{"frameId":"f');
    const again = await PartLog.open(join(root, 'parts'), undefined, () => NOW);
    const lookUp = (part: { frameId: string | null; partId: string | null }) => again.find(part);
    const store = await ReviewStore.open(join(root, 'store'), {}, { cut, lookUp, now: () => NOW });
    const escape = await store.truth({ partId: 'P3', verdict: 'defect', class: 'spur', by: 'customer' });
    assert.ok(escape.created);
    assert.equal((await store.truth({ frameId: 'f90', verdict: 'good' })).created, null);
    const [week] = weeklyFigures(await store.state(), again.days());
    assert.deepEqual([week?.week, week?.passed, week?.failed], ['2026-W47', 80, 20]);
    assert.deepEqual([week?.escapes.count, week?.falseAlarms.count], [1, 1]);
    // Clopper and Pearson, 1 of 80: 0.03 % to 6.77 %
    assert.ok(Math.abs((week?.escapes.high ?? 0) - 0.0677) < 1e-3, String(week?.escapes.high));
  });

  it('a truth answers the cards it means', async () => {
    const store = await ReviewStore.open(join(root, 'store'), {}, { cut });
    const [left, right] = await store.offer(offered('f1', [finding(10), finding(200, 'open', 'primary')]));
    const box = { x: 12, y: 12, width: 20, height: 40 };
    assert.deepEqual(await store.truth({ frameId: 'f1', verdict: 'defect', class: 'spur', box }), {
      answered: [left?.id],
      created: null,
    });
    assert.deepEqual((await store.truth({ frameId: 'f1', verdict: 'defect', class: 'open' })).answered, [right?.id]);
    assert.equal((await store.truth({ frameId: 'f1', verdict: 'good', by: 'x' })).answered.length, 2);
    assert.throws(() => store.truth({ verdict: 'good' }), /the id of a frame or part for msg.payload.frameId/);
    assert.throws(() => store.truth({ frameId: 'f1', verdict: 'bad' }), /one of defect, good/);
  });

  it('shows for each confidence what of the judged would be caught and stopped', async () => {
    const store = await ReviewStore.open(join(root, 'store'), {}, { cut });
    for (const [index, confidence] of [0.3, 0.5, 0.7, 0.9].entries()) {
      const found = finding(index * 60);
      const seen = { label: 'spur', classId: 1, confidence, box: found.box };
      const [card] = await store.offer(offered(`f${index}`, [found], { seen: { primary: [], candidate: [seen] } }));
      const verdict = index < 2 ? 'no defect' : 'defect';
      await store.answer(card?.id ?? '', { verdict, by: 'a', way: 'page' });
    }
    const aid = thresholdAid((await store.state()).cards.values(), MODELS.candidate, CLASS_NAMES);
    const rows = aid.find(({ label }) => label === 'spur')?.rows ?? [];
    const at = (wanted: number) => rows.find(({ confidence }) => confidence === wanted);
    assert.deepEqual([at(0.4)?.caught.count, at(0.4)?.stopped.count], [2, 1]);
    assert.deepEqual([at(0.8)?.caught.count, at(0.8)?.stopped.count, at(0.8)?.caught.of], [1, 0, 2]);
  });

  it('weeks are those of ISO 8601', () => {
    assert.deepEqual(['2026-01-01', '2027-01-01', '2026-11-23'].map(isoWeek), ['2026-W01', '2026-W53', '2026-W48']);
  });
});
