// The dialog of model-shadow in a browser: what it shows of a running candidate, and its buttons.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { launchBrowser } from '../helpers/browser';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { waitFor } from '../helpers/wait-for';
import { writeTinyFolder } from '../shadow/tiny-folder';

interface EditorWindow {
  RED: { nodes: { node(id: string): unknown }; editor: { edit(node: unknown): void } };
}

const SHOTS = join(ROOT, 'screenshots', 'model-shadow');

describe('the dialog of model-shadow', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'shadow-dialog-'));
  const complaints: string[] = [];
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    const shadow = { z: 'tab', type: 'model-shadow', model: 'in-use', x: 200, y: 100, wires: [[], []] };
    const model = { name: 'In use', threads: 1, overload: 'latest', queueLimit: 2, watchdogSeconds: 10 };
    const [old, next] = ['old', 'new'].map((name) => writeTinyFolder(join(userDir, name), name));
    const flow = [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'in-use', type: 'inspection-model', ...model, model: old },
      { id: 'beside', ...shadow, candidate: next, sample: 0.25, threshold: 0.1, canaryShare: 0.1, windowMinutes: 15 },
    ];
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
    linkPackage(userDir);
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    await waitFor('a shadow', async () => {
      return (await nodeRed.get<ShadowReport | null>('/model-shadow/beside'))?.phase === 'shadow';
    });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="model-shadow"]', { timeout: 60_000 });
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node('beside'));
    });
    await page.locator('#model-shadow-buttons button').first().waitFor();
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const state = (wanted: RegExp) =>
    waitFor(`a state like ${wanted}`, async () => wanted.test(await page.locator('#model-shadow-state').innerText()));
  const press = (name: string) => page.locator('#model-shadow-buttons').getByRole('button', { name }).click();

  it('shows the phase, the frames and the reason', async () => {
    await state(/^shadow · 0 frames · At least \d+ more /);
    await page.waitForTimeout(500);
    await page.screenshot({ path: join(SHOTS, 'dialog.png') });
    await page.locator('#model-shadow-state').scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(SHOTS, 'dialog-end.png') });
  });

  it('promotes, confirms and reverts by its buttons', async () => {
    await press('Promote');
    await state(/^promoted/);
    await press('Confirm');
    await state(/^confirmed/);
    await press('Revert');
    await state(/^reverted/);
  });

  it('shows how it stands now when asked', async () => {
    const { status } = await nodeRed.post('/model-shadow/beside/canary');
    assert.equal(status, 400);
    await page.locator('#model-shadow-buttons').getByTitle('Show how it stands now').click();
    await state(/^reverted/);
  });

  it('shows the sentence of a refusal', async () => {
    await press('Reject');
    await state(/^Expected a candidate in phase shadow or canary or paused or promoted for reject but received/);
    await page.screenshot({ path: join(SHOTS, 'refused.png') });
  });

  it('said no error on the way', () => assert.deepEqual(complaints, []));
});
