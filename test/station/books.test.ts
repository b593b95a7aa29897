import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Books, readBooks, type CameraBook } from '../../src/station/books';
import { BooksFile } from '../../src/station/books-file';

const TOP = { id: 'c1', name: 'top' };
const SIDE = { id: 'c2', name: 'side' };

function assertBalanced(books: Books): void {
  const { total, cameras } = books.snapshot();
  for (const book of [total, ...Object.values(cameras)]) {
    const { offered, pass, fail, notInspected, golden, underWay, reasons } = book;
    assert.equal(offered, pass + fail + notInspected + golden + underWay, JSON.stringify(book));
    assert.equal(
      notInspected,
      Object.values(reasons).reduce((sum, count) => sum + count, 0),
    );
  }
}

describe('books', () => {
  it('every frame is booked once, by camera, verdict and reason', () => {
    const books = new Books(0);
    for (let frame = 0; frame < 6; frame += 1) books.offer(`f${frame}`, TOP);
    // told again by the next node on the way
    books.offer('f0', SIDE);
    books.settle('f0', TOP, { verdict: 'PASS' });
    books.settle('f1', TOP, { verdict: 'FAIL' });
    books.settle('f2', TOP, { verdict: 'NOT_INSPECTED', reason: 'too hot' });
    books.settle('f3', TOP, { verdict: 'FAIL', isGolden: true });
    assert.equal(books.settle('f0', TOP, { verdict: 'FAIL' }), false, 'a second station judges the same frame');
    // from a file: offered with its verdict
    assert.equal(books.settle('x', SIDE, { verdict: 'PASS' }), true);
    const { since, cameras } = books.snapshot();
    assert.equal(since, '1970-01-01T00:00:00.000Z');
    const reasons = { 'too hot': 1 };
    assert.deepEqual(cameras.top, { offered: 6, pass: 1, fail: 1, notInspected: 1, golden: 1, underWay: 2, reasons });
    assert.deepEqual(cameras.side, { ...zero(), offered: 1, pass: 1 });
    assertBalanced(books);
  });

  it('one message for fifty frames is fifty frames', () => {
    const books = new Books();
    books.offer('f', TOP, 50);
    assert.equal(books.snapshot().total.underWay, 50);
    books.settle('f', TOP, { verdict: 'NOT_INSPECTED', reason: 'camera lost', count: 50 });
    books.settle('g', TOP, { verdict: 'NOT_INSPECTED', reason: 'camera lost', count: 7 });
    assert.deepEqual(books.snapshot().total.reasons, { 'camera lost': 57 });
    assertBalanced(books);
  });

  it('frames that a stop has cost are booked as such, once', () => {
    const books = new Books();
    books.offer('f', TOP);
    books.offer('g', TOP);
    books.settleLost(['f', 'f', 'unknown']);
    assert.equal(books.settle('f', TOP, { verdict: 'PASS' }), false);
    assert.deepEqual(books.underWay, ['g']);
    assert.deepEqual(books.snapshot().total.reasons, { stopped: 1 });
    assertBalanced(books);
  });

  it('neither made-up sources nor frames without an end fill the memory', () => {
    const books = new Books();
    for (let i = 0; i < 1000; i += 1)
      books.settle(`f${i}`, { id: `topic ${i}`, name: `topic ${i}` }, { verdict: 'PASS' });
    assert.ok(Object.keys(books.snapshot().cameras).length <= 65);
    const long = 'x'.repeat(1e6);
    books.offer(long, { id: long, name: long });
    assert.ok(JSON.stringify([books.underWay, books.kept]).length < 20_000);
    assert.equal(books.settle(long, TOP, { verdict: 'PASS' }), true);
    for (let i = 0; i < 10_000; i += 1) books.offer(`g${i}`, TOP);
    assert.ok(books.underWay.length <= 2048);
    assert.equal(books.snapshot().total.offered, 11_001);
    assertBalanced(books);
  });

  describe('on the disk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'books-'));
    const path = join(folder, 'inspection', 'books.json');
    after(() => rmSync(folder, { recursive: true, force: true }));
    const warnings: unknown[] = [];
    const open = (books: Books) => new BooksFile(books, path, (error) => warnings.push(error));

    it('go on over a restart; what was under way is booked as lost then', async () => {
      const first = new Books(0);
      const file = open(first);
      for (const frame of ['a', 'b', 'c']) first.offer(frame, TOP);
      first.settle('a', TOP, { verdict: 'PASS' });
      await file.save();
      // a crash: nobody settles b and c
      const second = new Books();
      second.settle('d', TOP, { verdict: 'FAIL' });
      await open(second).save();
      const expected = { ...zero(), offered: 4, pass: 1, fail: 1, notInspected: 2, reasons: { stopped: 2 } };
      assert.deepEqual(second.snapshot(), {
        since: '1970-01-01T00:00:00.000Z',
        total: expected,
        cameras: { top: expected },
      });
      assertBalanced(second);
    });

    it('spoilt ones are new ones, and a camera that does not add up is left out', async () => {
      const camera = { ...TOP, ...zero(), offered: 1, pass: 1 };
      const spoilt: unknown[] = [
        '',
        'x',
        [],
        { since: 'x', cameras: [] },
        { since: '2026-01-01', cameras: {} },
        { since: '2026-01-01', cameras: [{ ...camera, pass: 2 }] },
        { since: '2026-01-01', cameras: [{ ...camera, pass: -1 }, null, 7] },
        { since: '2026-01-01', cameras: [{ ...camera, notInspected: 1, offered: 2, reasons: { made_up: 1 } }] },
      ];
      for (const text of spoilt) {
        writeFileSync(path, typeof text === 'string' ? text : JSON.stringify(text));
        const books = new Books();
        await open(books).save();
        assert.deepEqual(books.snapshot().total, zero(), JSON.stringify(text));
        assert.deepEqual(readBooks(JSON.parse(readFileSync(path, 'utf8')))?.cameras, []);
      }
      assert.deepEqual(warnings, []);
    });

    it('a disk that cannot be written is said once', async () => {
      const books = new Books();
      const file = new BooksFile(books, join(path, 'below a file', 'books.json'), (error) => warnings.push(error));
      for (const frame of ['a', 'b']) {
        books.offer(frame, TOP);
        await file.save();
      }
      assert.equal(warnings.length, 1);
      assert.match(String(warnings[0]), /Cannot write/);
    });
  });
});

function zero(): CameraBook {
  return { offered: 0, pass: 0, fail: 0, notInspected: 0, golden: 0, underWay: 0, reasons: {} };
}
