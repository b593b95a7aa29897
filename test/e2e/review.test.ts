// People judge what two real models dispute, in a browser on a phone: the shipped model is on trial against one that is blind to two
// classes. A redeploy in the middle, a truth by message, and the least confidence that is set from what was judged.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { writeBlinded } from '../../lab/bench/blinded-model';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { launchBrowser } from '../helpers/browser';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { waitFor } from '../helpers/wait-for';

const SHIPPED = join(ROOT, 'models', 'pcb-defects');
const BLIND_TO = ['short', 'open'];

describe('review of two real models in a browser', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'review-'));
  const store = join(userDir, 'review', 'shadow');
  const complaints: string[] = [];
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;
  let flow: (Record<string, unknown> & { id: string; type: string })[];

  before(async () => {
    const blinded = await writeBlinded(SHIPPED, join(userDir, 'blinded'), 'blinded', BLIND_TO);
    linkPackage(userDir);
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    const inject = (id: string, props: object[], to: string) => ({
      id,
      z: 'tab',
      type: 'inject',
      props,
      once: false,
      wires: [[to]],
    });
    flow = [
      { id: 'tab', type: 'tab', label: 'review' },
      { id: 'in-use', type: 'inspection-model', model: blinded, threads: 1 },
      { id: 'camera', z: 'tab', type: 'camera-in', source: 'simulator', fps: 2, defectRate: 0.8, wires: [['detect']] },
      { id: 'detect', z: 'tab', type: 'yolo-int8-detect', model: 'in-use', confidence: '', wires: [['nms']] },
      { id: 'nms', z: 'tab', type: 'nms', wires: [['alert', 'shadow']] },
      { id: 'alert', z: 'tab', type: 'defect-alert', station: 'line-1', model: 'in-use', wires: [[], ['keep']] },
      {
        id: 'keep',
        z: 'tab',
        type: 'file',
        filename: join(userDir, 'verdicts.jsonl'),
        filenameType: 'str',
        appendNewline: true,
        overwriteFile: 'false',
        wires: [[]],
      },
      {
        id: 'shadow',
        z: 'tab',
        type: 'model-shadow',
        model: 'in-use',
        candidate: SHIPPED,
        sample: 1,
        automatic: false,
        wires: [['told'], []],
      },
      {
        id: 'told',
        z: 'tab',
        type: 'file',
        filename: join(userDir, 'told.jsonl'),
        filenameType: 'str',
        appendNewline: true,
        overwriteFile: 'false',
        wires: [[]],
      },
      inject(
        'truth',
        [
          { p: 'topic', v: 'truth', vt: 'str' },
          { p: 'payload', v: '{"partId":"P-17","verdict":"defect","class":"open","by":"MES"}', vt: 'json' },
        ],
        'shadow',
      ),
    ];
    // a node without a place is a configuration node to Node-RED
    flow = flow.map((node) => ('z' in node ? { x: 100, y: 100, ...node } : node));
    await nodeRed.deploy(flow);
    browser = await launchBrowser();
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      locale: 'en-US',
      hasTouch: true,
    });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!/^(blob:|data:)/.test(request.url()) && !request.url().startsWith(nodeRed.url))
        complaints.push(request.url());
    });
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const journal = () =>
    readFileSync(join(store, 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map(
        (line) =>
          JSON.parse(line) as { type: string; card?: unknown; answer?: { verdict: string; way: string; by: string } },
      );
  const answers = () => journal().filter(({ type }) => type === 'answer');
  /** Null while there is no such node: in the middle of a deploy. */
  const report = async () => {
    const answer = await fetch(`${nodeRed.url}/model-shadow/shadow`);
    return answer.ok ? ((await answer.json()) as ShadowReport | null) : null;
  };
  const cardShown = async () => page.locator('[data-testid="question"]').getAttribute('data-card');

  /** One answer, as a person gives it: one press, and the next card is there. */
  async function press(verdict: string): Promise<void> {
    const before = await cardShown();
    await page.locator(`[data-verdict="${verdict}"]`).click();
    await waitFor(
      'the next card',
      async () =>
        (await page.locator('.told').textContent()) !== '' && (await cardShown().catch(() => null)) !== before,
    );
  }

  it('shows a card on a phone: a crop with the box, and not which model found it', async () => {
    await waitFor('a shadow with disputes', async () => ((await report())?.people?.queue.open ?? 0) >= 6, 120_000);
    await page.goto(`${nodeRed.url}/edge-inspect/shadow/shadow/review`);
    await page.locator('[data-testid="picture"] svg[data-shown="crop"] rect').waitFor();
    const text = await page.locator('body').innerText();
    assert.doesNotMatch(text, /blinded|pcb-defects|primary|candidate|\d\.\d\d/);
    for (const verdict of ['defect', 'no defect', 'cannot tell', 'other class']) {
      const box = await page.locator(`[data-verdict="${verdict}"]`).boundingBox();
      assert.ok(box && box.height >= 44 && box.y + box.height <= 844, `${verdict} is within a thumb's reach`);
    }
    mkdirSync(join(ROOT, 'screenshots'), { recursive: true });
    await page.screenshot({ path: join(ROOT, 'screenshots', 'review-phone.png') });
    await page.locator('[data-testid="picture"]').click();
    await page.locator('[data-testid="picture"] svg[data-shown="whole"] rect').waitFor();
    await page.screenshot({ path: join(ROOT, 'screenshots', 'review-phone-whole.png') });
  });

  it('takes each answer with one press, another class with two', async () => {
    await page.locator('input').fill('Kim');
    for (const verdict of ['defect', 'no defect', 'cannot tell']) await press(verdict);
    await page.locator('[data-verdict="other class"]').click();
    await page.screenshot({ path: join(ROOT, 'screenshots', 'review-phone-class.png') });
    await page.locator('[data-class]').first().click();
    await waitFor('four answers', () => answers().length === 4);
    assert.deepEqual(
      answers().map(({ answer }) => answer?.verdict),
      ['defect', 'no defect', 'cannot tell', 'other class'],
    );
    assert.ok(answers().every(({ answer }) => answer?.way === 'page' && answer.by === 'Kim'));
  });

  it('a redeploy in the middle loses no answer, and the page goes on', async () => {
    await nodeRed.deploy(flow);
    await waitFor('the shadow again', async () => (await report())?.phase === 'shadow');
    assert.equal(answers().length, 4);
    await page.reload();
    await page.locator('[data-testid="question"]').waitFor();
    await press('defect');
    assert.equal(answers().length, 5);
  });

  it('takes the truth from a MES by message, and says what it did', async () => {
    await fetch(`${nodeRed.url}/inject/truth`, { method: 'POST' });
    await waitFor('the report', () => journal().some(({ type }) => type === 'report'));
    assert.ok(readFileSync(join(userDir, 'told.jsonl'), 'utf8').length > 0);
  });

  it('answers make the report say who was right', async () => {
    for (let i = 0; i < 3; i++) await press('defect');
    await waitFor('judged findings', async () => ((await report())?.people?.judged ?? 0) >= 4);
    assert.match((await report())?.people?.text ?? '', /judged by people the new model was right in/);
  });

  it('the threshold aid shows what was judged, and sets the running rules', async () => {
    await page.goto(`${nodeRed.url}/edge-inspect/shadow/shadow/thresholds`);
    await page.locator('table').first().waitFor();
    await page.screenshot({ path: join(ROOT, 'screenshots', 'review-thresholds.png') });
    const label = await page.locator('section:has(table)').first().getAttribute('data-class');
    await page.locator('section:has(table)').first().locator('[data-confidence="0.85"]').click();
    await page.locator('[data-testid="told"]:has-text("0.85")').waitFor();
    const rules = async () => readFileSync(join(userDir, 'verdicts.jsonl'), 'utf8');
    await waitFor('the rules', async () => (await rules()).includes(`"${String(label)}":{"minConfidence":0.85`));
  });

  it('had nothing to complain of in the browser', () => assert.deepEqual(complaints, []));
});
