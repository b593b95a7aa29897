import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { ReviewStore } from '../../src/shadow/review/review-store';
import { ROOT } from '../helpers/root';
import { finding, offered } from '../shadow/review/parts';

it('edge-inspect review lists, shows and answers cards beside the node', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cli-review-'));
  const cli = (...args: string[]) =>
    spawnSync(process.execPath, [join(ROOT, 'dist', 'src', 'cli', 'main.js'), 'review', ...args], { encoding: 'utf8' });
  try {
    const cut = async () => ({ jpeg: Buffer.from('jpeg'), area: { x: 0, y: 0, width: 9, height: 9 } });
    const store = await ReviewStore.open(folder, {}, { cut });
    const [card] = await store.offer(offered('f1', [finding(10)]));
    assert.match(cli(folder).stdout, /spur[\s\S]*1 open, 0 for a second answer, 0 done/);
    const next = JSON.parse(cli(folder, 'next', '--json').stdout) as { id: string; crop: string };
    assert.equal(next.id, card?.id);
    assert.ok(next.crop.endsWith('.crop.jpg'));
    const wrong = cli(folder, 'answer', next.id, 'maybe');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /Expected one of defect, no defect, cannot tell, other class for the answer/);
    assert.equal(cli(folder, 'answer', next.id, 'no', 'defect', '--by', 'anna').status, 0);
    const [stored] = (await store.state()).cards.values();
    assert.deepEqual([stored?.answers[0]?.verdict, stored?.answers[0]?.by], ['no defect', 'anna']);
    assert.equal(cli(join(folder, 'none')).status, 2);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
