import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';

import type { BenchReport } from '../../src/bench/run';
import { userReportOf } from '../../src/bench/user-report';
import { benchReport } from '../../src/bench/bench-page';
import { measureNcnn } from '../../src/bench/ncnn';
import { assertFits } from '../helpers/fits-schema';
import { ROOT } from '../helpers/root';

interface Script {
  reportsOf: (folder?: string) => unknown[];
  tableOf: (reports: unknown[]) => string;
  withTable: (page: string, table: string) => string;
}
const script = import(pathToFileURL(join(ROOT, 'scripts', 'measured-by-users.mjs')).href) as Promise<Script>;

const REPORT: BenchReport = {
  machine: {
    cpu: 'Raspberry Pi 5',
    arch: 'arm64',
    cores: 4,
    memoryBytes: 8e9,
    system: 'linux 6',
    node: 'v22.9.0',
    features: [],
    dotProduct: 'asimddp',
  },
  temperatureC: { before: 48.2, after: 61.7 },
  ncnn: { version: '1.0', model: 'yolo11n_ncnn_model', threads: 4, latencyMs: { p50: 88, p90: 90, p99: 95 } },
  nativeKernels: 'exact',
  results: [
    {
      model: '/home/somebody/secret/model',
      name: 'parts',
      sha256: 'a'.repeat(64),
      precision: 'int8',
      kernels: 'exact',
      threads: 4,
      sizeBytes: 3e6,
      loadMs: 900,
      latencyMs: { p50: 40.123, p90: 42, p99: 50 },
      partsMs: { decode: 5, infer: 33 },
      raw: { loadMs: 100, latencyMs: { p50: 33, p90: 34, p99: 35 } },
      cpuPercent: 80,
      rssBytes: 140e6,
      map50: null,
      map5095: null,
      energyMilliJoule: 250,
    },
  ],
  warnings: [],
  runs: 50,
  images: 12,
};

describe('a report of bench', () => {
  const report = userReportOf(REPORT, '0.1.0', '2026-11-24T12:00:00.000Z');

  it('that is sent in fits its schema, and says nothing of folders', () => {
    assertFits('bench-report', report);
    assert.doesNotMatch(JSON.stringify(report), /somebody|secret/);
    assert.throws(() => assertFits('bench-report', { ...report, runs: 'many' }));
  });

  it('is a page with temperature, ncnn and plots', () => {
    const page = benchReport(REPORT);
    assert.match(page, /before 48\.2 °C, after 61\.7 °C/);
    assert.match(page, /ncnn 1\.0 with FP16, yolo11n_ncnn_model, 4 threads, the model alone: 88\.0 ms/);
    assert.ok((page.match(/<svg/g) ?? []).length >= 6);
  });

  it('becomes rows of the table; a file that is no report is refused in one sentence', async () => {
    const { reportsOf, tableOf } = await script;
    const folder = mkdtempSync(join(tmpdir(), 'users-'));
    writeFileSync(join(folder, 'pi.json'), JSON.stringify(report));
    const table = tableOf(reportsOf(folder));
    assert.match(
      table,
      /\| Raspberry Pi 5 \| 4, arm64 \| 0\.1\.0 \| parts \| int8 \| 4 \| 40\.1 \| 50\.0 \| 33\.0 \| 250 \| 62 \|/,
    );
    assert.match(table, /ncnn 1\.0 \| yolo11n_ncnn_model \| fp16/);
    writeFileSync(join(folder, 'no.json'), '{"reportVersion":1}');
    assert.throws(() => reportsOf(folder), /^Error: Expected a report of bench for no\.json but/);
    rmSync(folder, { recursive: true });
  });

  it('in lab/results/users is in docs/measured.md: npm run measured', async () => {
    const { reportsOf, tableOf, withTable } = await script;
    const page = readFileSync(join(ROOT, 'docs', 'measured.md'), 'utf8');
    assert.equal(withTable(page, tableOf(reportsOf())), page);
  });

  it('says why there is no figure of ncnn, and refuses a folder without its files', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ncnn-'));
    await assert.rejects(
      measureNcnn(folder, { size: 640, threads: 1, runs: 1 }),
      /^Expected a folder with model\.ncnn\.param/,
    );
    for (const name of ['model.ncnn.param', 'model.ncnn.bin']) writeFileSync(join(folder, name), '');
    const { result, why } = await measureNcnn(folder, { size: 640, threads: 1, runs: 1, python: 'no-such-python' });
    assert.equal(result, null);
    assert.match(why, /^ncnn was not measured: /);
    rmSync(folder, { recursive: true });
  });
});
