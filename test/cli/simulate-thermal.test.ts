import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const MAIN = join(__dirname, '..', '..', 'src', 'cli', 'main.js');

async function edgeInspect(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, 'simulate', 'thermal', ...args]);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

describe('edge-inspect simulate thermal', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thermal-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('answers with one JSON document and writes a report', async () => {
    const html = join(folder, 'report.html');
    const { status, stdout, stderr } = await edgeInspect(
      ...[
        '--ambient',
        '45',
        '--cooling',
        'passive',
        '--minutes',
        '60',
        '--load',
        '1',
        '--compare',
        '--html',
        html,
        '--json',
      ],
    );
    assert.equal(status, 0, stderr);
    const document = JSON.parse(stdout) as Record<string, unknown> & { steps: unknown[]; baselines: unknown[] };
    assert.equal(document.secondsAboveHard, 0);
    for (const key of ['maxTempC', 'inspections', 'sustainableRate']) assert.equal(typeof document[key], 'number', key);
    assert.ok(document.steps.length > 0);
    assert.equal(document.baselines.length, 2);
    assert.match(readFileSync(html, 'utf8'), /<svg /);
  });

  it('refuses bad usage with one sentence and status 2', async () => {
    for (const [args, sentence] of [
      [
        ['--ambient', '300'],
        /^edge-inspect: Expected a number between -40 and 85, .* for --ambient \(°C\) but received "300"\n$/,
      ],
      [
        ['--cooling', 'water'],
        /^edge-inspect: Expected one of none, passive, active for --cooling but received "water"\n$/,
      ],
      [
        ['--soft', '81'],
        /^edge-inspect: Expected at least 2 °C more than soft \(81\) for hard \(°C\) but received 82\n$/,
      ],
    ] as const) {
      const { status, stdout, stderr } = await edgeInspect(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.match(stderr, sentence);
    }
  });

  it('says when a report cannot be written, with status 1', async () => {
    const { status, stderr } = await edgeInspect('--minutes', '1', '--html', join(folder, 'no', 'such', 'folder.html'));
    assert.equal(status, 1);
    assert.match(stderr, /^edge-inspect: The report could not be written: /);
  });
});
