import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { DEFECT_CLASSES } from '../../src/simulate/boards/defects/kinds';
import { simulatePart } from '../../src/simulate/line';

const MAIN = join(__dirname, '..', '..', 'src', 'cli', 'main.js');
const root = mkdtempSync(join(tmpdir(), 'simulate-cli-'));
after(() => rmSync(root, { recursive: true }));

function simulate(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, 'simulate', ...args], { encoding: 'utf8', timeout: 120_000 });
}

interface Summary {
  options: { seed: number; look: string; defectRate: number };
  images: number;
  clean: number;
  defects: number;
  perClass: Record<string, number>;
}

describe('edge-inspect simulate', () => {
  it('writes images, YOLO labels and class names that fit together', async () => {
    const out = join(root, 'set');
    const args = ['--count', '4', '--out', out, '--seed', '3', '--defect-rate', '0.6', '--json'];
    const { status, stdout, stderr } = simulate(...args);
    assert.equal(status, 0, stderr);
    const summary = JSON.parse(stdout) as Summary;
    const names = readdirSync(join(out, 'images')).sort();
    assert.deepEqual(names[3], '00003.jpg');
    assert.equal(summary.images, 4);
    assert.deepEqual(summary.options, { seed: 3, look: 'binarised', defectRate: 0.6 });
    assert.equal(readFileSync(join(out, 'classes.txt'), 'utf8'), `${DEFECT_CLASSES.join('\n')}\n`);
    let defects = 0;
    let clean = 0;
    for (const [index, name] of names.entries()) {
      const part = await simulatePart({ seed: 3, look: 'binarised', defectRate: 0.6 }, index);
      assert.ok(readFileSync(join(out, 'images', name)).equals(part.image), name);
      const text = readFileSync(join(out, 'labels', name.replace('.jpg', '.txt')), 'utf8');
      const rows = text.split('\n').filter((row) => row !== '');
      assert.equal(rows.length, part.truth.length);
      defects += rows.length;
      if (rows.length === 0) clean++;
      rows.forEach((row, i) => {
        const [classId, cx, cy, width, height] = row.split(' ').map(Number) as [number, number, number, number, number];
        const { box, classId: expectedClass } = part.truth[i] ?? assert.fail();
        assert.equal(classId, expectedClass);
        const restored = [(cx - width / 2) * 640, (cy - height / 2) * 640, width * 640, height * 640];
        assert.deepEqual(
          restored.map((value) => Math.round(value) + 0),
          [box.x, box.y, box.width, box.height],
        );
      });
    }
    assert.deepEqual([summary.defects, summary.clean], [defects, clean]);
    assert.equal(
      Object.values(summary.perClass).reduce((sum, count) => sum + count, 0),
      defects,
    );
    assert.match(stderr, /4 of 4 boards/);
  });

  it('says in words what it wrote', () => {
    const { status, stdout } = simulate(
      '--count',
      '1',
      '--out',
      join(root, 'words'),
      '--look',
      'photo',
      '--defect-rate',
      '0',
    );
    assert.equal(status, 0);
    assert.match(stdout, /^1 boards \(1 without a defect\), 0 defects in .*words, [\d.]+ s\n$/);
  });

  const file = join(root, 'a-file');
  writeFileSync(file, 'x');
  const full = join(root, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'keep.txt'), 'mine');
  const out = join(root, 'never');
  const BAD: [string, string[], RegExp][] = [
    ['no count', ['--out', out], /Expected a whole number between 1 and 1000000 for --count but received undefined/],
    ['count 0', ['--count', '0', '--out', out], /for --count but received "0"/],
    ['a negative count', ['--count', '-3', '--out', out], /for --count but received "-3"/],
    ['half a board', ['--count', '1.5', '--out', out], /for --count but received "1\.5"/],
    ['no folder', ['--count', '1'], /Expected a non-empty string for --out but received undefined/],
    [
      'a folder in use',
      ['--count', '1', '--out', full],
      /Expected an empty or new folder for --out but received ".*full"/,
    ],
    ['a file for a folder', ['--count', '1', '--out', file], /Expected .* for --out but/],
    ['a folder below a file', ['--count', '1', '--out', join(file, 'x')], /Expected .* for --out but/],
    ['an unknown look', ['--count', '1', '--out', out, '--look', 'x'], /for --look but received "x"/],
    ['a bad seed', ['--count', '1', '--out', out, '--seed', 'abc'], /for --seed but received "abc"/],
    ['a bad rate', ['--count', '1', '--out', out, '--defect-rate', '2'], /for --defect-rate but received "2"/],
    ['bad defects', ['--count', '1', '--out', out, '--defects', 'many'], /for --defects but received "many"/],
    ['an unknown option', ['--cuont', '1'], /unknown option '--cuont'/],
  ];
  for (const [name, args, message] of BAD) {
    it(`refuses ${name} with one sentence and status 2`, () => {
      const { status, stdout, stderr } = simulate(...args);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    });
  }

  it('leaves the files of a refused folder alone', () => {
    assert.deepEqual(readdirSync(full), ['keep.txt']);
    assert.equal(readdirSync(root).includes('never'), false);
  });
});
