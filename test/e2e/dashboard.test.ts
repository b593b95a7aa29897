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
import { dashboardExample, startDashboard, type Dashboard, type FlowNode } from '../alert/support/dashboard';

/** A colour that the tiny model takes for `red` with a confidence of about 0.6. */
const FAINT_RED = '#f05858';

describe('the factory dashboard in a browser', () => {
  let dashboard: Dashboard;
  let browser: Browser;
  let page: Page;
  let flow: FlowNode[];
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
    flow = dashboardExample().map((node) => {
      if (node.type === 'inspection-model') return { ...node, model: 'tiny.onnx' };
      if (node.type === 'camera-in') return { ...node, source: 'folder', path: pictures, loop: true, fps: 2 };
      if (node.type === 'defect-alert') return { ...node, minConfidence: 0.4 };
      if (node.type === 'model-shadow') return { ...node, candidate: 'next.onnx', sample: 1 };
      return node;
    });
    await dashboard.nodeRed.deploy(flow);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, locale: 'en-US' });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(dashboard.url);
  });
  after(async () => {
    await browser?.close();
    await dashboard?.stop();
  });

  const station = async () => (await page.locator('[data-testid="station-state"]').textContent())?.trim();
  const verdict = async () => (await page.locator('[data-testid="verdict"] strong').textContent())?.trim();

  it('shows the part with its boxes, the verdict, the classes and the alert', async () => {
    await waitFor('a failed part', async () => (await verdict()) === 'FAIL');
    await page.waitForSelector('.ei-live img[src^="data:image/jpeg"]', { timeout: 60_000 });
    await page.waitForSelector('[data-testid="pareto"] th:has-text("red")', { timeout: 60_000 });
    await page.waitForSelector('[data-testid="alerts"] article:has-text("red")', { timeout: 60_000 });
  });

  it('says that it inspects, in one language, with everything on one screen', async () => {
    assert.equal(await station(), 'INSPECTING');
    const text = await page.locator('body').innerText();
    assert.doesNotMatch(text.replace('中文', ''), /[\u4e00-\u9fff]/);
    const height = await page.evaluate('document.documentElement.scrollHeight');
    assert.ok(Number(height) <= 800, `${String(height)} of 800 px`);
    for (const card of await page.locator('.ei-card').all()) {
      const { y = 0, height: tall = 0 } = (await card.boundingBox()) ?? {};
      assert.ok(y + tall <= 800, await card.innerText());
    }
  });

  it('counts defects by class, yield by hour and by shift', async () => {
    const bar = page.locator('[data-testid="pareto"] tr:has-text("red")');
    assert.match(await bar.innerText(), /red\s+\d+\s+100 %/);
    assert.equal(await page.locator('[data-testid="hours"] > div').count(), 1);
    assert.match(await page.locator('[data-testid="shifts"]').innerText(), /now\s+0\.0 %\s+\d+ parts/);
  });

  it('shows books that balance, by camera', async () => {
    const row = page.locator('[data-testid="books"] tr').first();
    await row.waitFor();
    const text = (await row.locator('td').innerText()).trim();
    assert.match(text, /^\d+ = \d+ \+ \d+ \+ \d+/);
    const [offered, ...ended] = (text.match(/\d+/g) ?? []).map(Number);
    assert.equal(
      offered,
      ended.reduce((sum, count) => sum + count, 0),
      text,
    );
  });

  it('opens evidence with boxes and data', async () => {
    await page.locator('[data-testid="alerts"] button').first().click();
    const evidence = page.locator('[data-testid="evidence"]');
    await evidence.locator('svg rect').first().waitFor();
    const [box, shown] = [
      await evidence.locator('svg rect').first().boundingBox(),
      await evidence.locator('svg').boundingBox(),
    ];
    assert.ok(box && shown && box.width > 0 && box.width <= shown.width + 1, 'the box lies on the picture');
    // without it the boxes would be in pixels of the screen; templates of the dashboard lose capitals of bound attributes
    assert.match((await evidence.locator('svg').getAttribute('viewBox')) ?? '', /^0 0 \d+ \d+$/);
    assert.match(await evidence.innerText(), /tiny/);
    await evidence.locator('button:has-text("Close")').click();
    // what covers the page while the dialog goes would take the next press
    await page.locator('.v-overlay__scrim').waitFor({ state: 'detached' });
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
    await waitFor(
      'the value beside it',
      async () => Number(await page.locator('[data-testid="confidence"]').textContent()) > 0.9,
    );
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
    const [promote, revert] = [page.locator('button:has-text("Promote")'), page.locator('button:has-text("Revert")')];
    await waitFor('the shadow', async () => (await phase.textContent())?.trim() === 'Candidate in the shadow');
    assert.ok(await revert.isDisabled(), 'there is nothing to revert');
    await promote.click();
    await waitFor('the promotion', async () => (await phase.textContent())?.trim() === 'Promoted');
    assert.match((await page.locator('[data-testid="model-told"]').textContent()) ?? '', /Done: Promoted/);
    assert.ok(await promote.isDisabled(), 'it is promoted already');
    await revert.click();
    await waitFor('the way back', async () => (await phase.textContent())?.trim() === 'Reverted');
    assert.ok(await revert.isDisabled());
  });

  it('speaks Chinese at the press of a button, also after the page is opened again', async () => {
    await page.locator('[data-testid="language"]').click();
    await waitFor('Chinese', async () => (await station()) === '正在检测');
    await page.reload();
    await waitFor('Chinese again', async () => (await station()) === '正在检测');
    await page.locator('[data-testid="language"]').click();
    await waitFor('English', async () => (await station()) === 'INSPECTING');
  });

  it('shows a dead detector and a line without parts all over the page', async () => {
    // what a controls engineer does by mistake: the detector is switched off in the editor
    await dashboard.nodeRed.deploy(
      flow.map((node) => {
        if (node.type === 'yolo-int8-detect') return { ...node, d: true };
        return node.type === 'model-shadow' ? { ...node, candidate: '' } : node;
      }),
    );
    await waitFor('no parts', async () => (await station()) === 'NO PARTS', 40_000);
    await page.waitForSelector('[data-testid="stops"] tr:has-text("No part"):has-text("now")');
    await page.waitForSelector('[data-testid="model"] strong:has-text("No candidate")');
    assert.ok(await page.locator('button:has-text("Promote")').isDisabled(), 'there is nothing to promote');
    await page.screenshot({ path: join(ROOT, 'screenshots', 'dashboard-no-parts.png') });
    await dashboard.nodeRed.stop();
    await waitFor('no connection', async () => (await station()) === 'NO CONNECTION', 40_000);
  });

  it('had nothing to complain of in the browser', () => assert.deepEqual(complaints, []));
});
