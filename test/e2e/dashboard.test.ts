import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../helpers/browser';
import { ROOT } from '../helpers/root';
import { TINY_SIZE, writeTinyModel } from '../helpers/tiny-model';
import { waitFor } from '../helpers/wait-for';
import { dashboardExample, startDashboard, type Dashboard } from '../alert/support/dashboard';

/** A colour that the tiny model takes for `red` with a confidence of about 0.6. */
const FAINT_RED = '#f05858';

describe('the factory dashboard in a browser', () => {
  let dashboard: Dashboard;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    dashboard = await startDashboard();
    const pictures = join(dashboard.userDir, 'pictures');
    mkdirSync(pictures);
    await sharp({ create: { width: TINY_SIZE, height: TINY_SIZE, channels: 3, background: FAINT_RED } })
      .png()
      .toFile(join(pictures, 'part.png'));
    // the same picture of the world, but not the same file
    writeTinyModel(join(dashboard.userDir, 'next.onnx'), { ballastChannels: 1 });
    const flow = dashboardExample().map((node) => {
      if (node.type === 'inspection-model') return { ...node, model: 'tiny.onnx' };
      if (node.type === 'camera-in') return { ...node, source: 'folder', path: pictures, loop: true, fps: 2 };
      if (node.type === 'defect-alert') return { ...node, minConfidence: 0.4 };
      if (node.type === 'model-shadow') return { ...node, candidate: 'next.onnx', sample: 1 };
      return node;
    });
    await dashboard.nodeRed.deploy(flow);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(dashboard.url);
  });
  after(async () => {
    await browser?.close();
    await dashboard?.stop();
  });

  const verdict = async () => (await page.locator('[data-testid="verdict"] strong').textContent())?.trim();

  it('shows the part with its boxes, the verdict, the classes and the alert', async () => {
    await waitFor('a failed part', async () => (await verdict()) === 'FAIL');
    await page.waitForSelector('.ei-live img[src^="data:image/jpeg"]', { timeout: 60_000 });
    await page.waitForSelector('[data-testid="pareto"] th:has-text("red")', { timeout: 60_000 });
    await page.waitForSelector('[data-testid="alerts"] article:has-text("red")', { timeout: 60_000 });
  });

  it('lets a slider change the verdict of the next part', async () => {
    const thumb = page.locator('.ei-confidence .v-slider-thumb');
    const track = page.locator('.ei-confidence .v-slider-track');
    const from = await thumb.boundingBox();
    const along = await track.boundingBox();
    assert.ok(from && along);
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(along.x + along.width - 1, from.y + from.height / 2, { steps: 5 });
    await page.mouse.up();
    await waitFor('a part that passes', async () => (await verdict()) === 'PASS');
  });

  it('announces a golden sample at the press of a button, and shows how it ended', async () => {
    // by the rule of the slider every part passes now
    await page.locator('[data-testid="golden"] button:has-text("Board with a defect")').click();
    const last = page.locator('[data-testid="golden-last"]');
    await waitFor('the wrong result', async () =>
      (await last.textContent())?.includes('Board with a defect: Expected'),
    );
    await page.waitForSelector('[data-testid="alerts"] article:has-text("Board with a defect")');
    await page.locator('[data-testid="golden"] button:has-text("Good board")').click();
    await waitFor('the right result', async () => (await last.textContent())?.includes('was judged as known'));
    mkdirSync(join(ROOT, 'screenshots'), { recursive: true });
    await page.screenshot({ path: join(ROOT, 'screenshots', 'dashboard-golden.png') });
  });

  it('promotes the model in the shadow at the press of a button', async () => {
    const phase = page.locator('[data-testid="model"] strong');
    await waitFor('the shadow', async () => (await phase.textContent())?.trim() === 'Candidate in the shadow');
    await page.locator('button:has-text("Promote")').click();
    await waitFor('the promotion', async () => (await phase.textContent())?.trim() === 'Promoted');
    await page.locator('button:has-text("Revert")').click();
    await waitFor('the way back', async () => (await phase.textContent())?.trim() === 'Reverted');
  });

  it('had nothing to complain of in the browser', () => assert.deepEqual(complaints, []));
});
