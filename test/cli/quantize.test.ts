import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ROOT } from '../helpers/root';
import { waitFor } from '../helpers/wait-for';
import { TINY_CLASSES, writeTinyModel } from '../helpers/tiny-model';
import { colouredCells, writePictures } from '../quantize/pictures';

const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function run(args: string[], onStderr: (text: string, kill: () => void) => void = () => {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let isStopped = false;
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      onStderr(stderr, () => {
        // a second one would end the process the hard way
        if (!isStopped) isStopped = child.kill('SIGINT');
      });
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('edge-inspect quantize and bench', () => {
  let folder: string;
  let pictures: string;
  let labels: string;
  let model: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cli-quantize-'));
    pictures = await writePictures(join(folder, 'pictures'), 16);
    labels = join(folder, 'labels');
    mkdirSync(labels);
    for (const name of readdirSync(pictures)) {
      const seed = Number.parseInt(name);
      const lines = colouredCells(seed).map(({ classId, row, column }) =>
        [classId, (column + 0.5) / 4, (row + 0.5) / 4, 0.25, 0.25].join(' '),
      );
      writeFileSync(join(labels, `${seed}.txt`), `${lines.join('\n')}\n`);
    }
    model = writeTinyModel(join(folder, 'tiny.onnx'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('killed by force, it leaves nothing behind: the process that quantizes notices and tidies up', async () => {
    const out = join(folder, 'killed');
    const child = spawn(
      process.execPath,
      [MAIN, 'quantize', '--model', model, '--calibration', pictures, '--out', out, '--samples', '100'],
      { stdio: 'ignore' },
    );
    const partial = () => readdirSync(folder).filter((name) => name.startsWith('.killed.partial-'));
    await waitFor('the folder in the making', () => partial().length > 0);
    child.kill('SIGKILL');
    await waitFor('nothing left', () => partial().length === 0);
    assert.equal(existsSync(out), false);
  });

  it('writes a certified model, one JSON document on stdout and the progress on stderr; bench compares it', async () => {
    const out = join(folder, 'int8');
    const made = await run([
      ...['quantize', '--model', model, '--calibration', pictures, '--labels', labels, '--out', out, '--json'],
    ]);
    assert.equal(made.code, 0, made.stderr);
    const document = JSON.parse(made.stdout) as {
      published: boolean;
      certificate: { basis: string; float: { map50: number }; int8: { map50: number }; classes: { label: string }[] };
    };
    assert.equal(document.published, true);
    assert.equal(document.certificate.basis, 'labels');
    assert.equal(document.certificate.float.map50, 1);
    assert.equal(document.certificate.int8.map50, 1);
    assert.deepEqual(
      document.certificate.classes.map(({ label }) => label),
      TINY_CLASSES,
    );
    assert.match(made.stderr, /% calibrating/);
    const html = readFileSync(join(out, 'certificate.html'), 'utf8');
    assert.match(html, /<svg/);
    assert.doesNotMatch(html, /https?:\/\/|<script/);

    const report = join(folder, 'bench.html');
    const compared = await run([
      ...['bench', '--model', model, '--model', out, '--images', pictures, '--labels', labels, '--threads', '1'],
      ...['--runs', '4', '--report', report, '--json'],
    ]);
    assert.equal(compared.code, 0, compared.stderr);
    const { machine, results } = JSON.parse(compared.stdout) as {
      machine: { dotProduct: string };
      results: Record<string, unknown>[];
    };
    assert.ok(['vnni', 'asimddp', 'none'].includes(machine.dotProduct));
    assert.deepEqual(
      results.map(({ precision, map50, threads }) => [precision, map50, threads]),
      [
        ['fp32', 1, 1],
        ['int8', 1, 1],
      ],
    );
    for (const { latencyMs, rssBytes, loadMs } of results) {
      assert.ok((latencyMs as { p50: number }).p50 > 0);
      assert.ok((rssBytes as number) > 10e6);
      assert.ok((loadMs as number) > 0);
    }
    assert.match(readFileSync(report, 'utf8'), /<svg/);
  });

  it('exits 2 with one sentence for bad usage', async () => {
    const rows: [string[], RegExp][] = [
      [['quantize', '--calibration', pictures, '--out', join(folder, 'x')], /Expected a non-empty string for model/],
      [
        ['quantize', '--model', model, '--calibration', pictures, '--out', join(folder, 'x'), '--samples', '3'],
        /samples/,
      ],
      [
        ['quantize', '--model', join(folder, 'no.onnx'), '--calibration', pictures, '--out', join(folder, 'x')],
        /exists/,
      ],
      [['bench', '--images', pictures], /at least one model/],
      [['bench', '--model', model, '--images', pictures, '--threads', 'two'], /--threads/],
    ];
    for (const [args, words] of rows) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
      assert.equal(stdout, '');
      assert.match(stderr, words);
      assert.equal(stderr.trim().split('\n').length, 1, stderr);
    }
  });

  it('leaves nothing behind after Ctrl-C in the middle', async () => {
    const out = join(folder, 'stopped');
    const many = await writePictures(join(folder, 'many'), 150);
    const { code, stderr } = await run(
      ['quantize', '--model', model, '--calibration', many, '--out', out, '--method', 'entropy'],
      (text, kill) => {
        if (/calibrating/.test(text)) kill();
      },
    );
    assert.equal(code, 1, stderr);
    assert.match(stderr, /stopped; nothing was written/);
    assert.equal(existsSync(out), false);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('partial')),
      [],
    );
  });
});
