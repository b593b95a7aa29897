// The rules of defect-alert as a quality engineer sets them: a list of classes and zones drawn on a picture of the camera,
// with mouse and keyboard, deployed and seen to work. The pictures land in screenshots/ (not in git).
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { detection, FRAME, INFERENCE } from '../alert/fixtures';
import type { VerdictRecord } from '../../src/alert/judge/messages';
import type { AlertRules } from '../../src/alert/judge/rules';
import { launchBrowser } from '../helpers/browser';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

interface EditorWindow {
  RED: {
    nodes: { node(id: string): FlowNode & { valid?: boolean; validationErrors?: string[] } };
    editor: { edit(node: unknown): void };
  };
}

const SHOTS = join(ROOT, 'screenshots', 'rules');
/** The trays slide in and out. */
const TRAY_MS = 500;
const CLASSES = ['open', 'short', 'mousebite', 'spur', 'copper', 'pin-hole'];
/** Pixels of the camera's picture, which is turned by a quarter: upright it is 600 wide and 800 high. */
const CAMERA = { width: 800, height: 600 };
const UPRIGHT = { width: 600, height: 800 };

describe('the rules of defect-alert in a browser', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'rules-'));
  const complaints: string[] = [];
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    linkPackage(userDir);
    const pictures = join(userDir, 'pictures');
    mkdirSync(pictures);
    const board = `<svg width="800" height="600"><rect width="800" height="600" fill="#2b6e4f"/>
      <g fill="#c9a227">${[80, 200, 320, 440, 560, 680].map((x) => `<circle cx="${x}" cy="120" r="26"/><rect x="${x - 8}" y="120" width="16" height="360"/>`).join('')}</g>
      <rect x="0" y="0" width="60" height="600" fill="#888"/></svg>`;
    await sharp(Buffer.from(board)).jpeg().toFile(join(pictures, 'board.jpg'));
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    await nodeRed.deploy(flow(pictures));
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1600, height: 1500 } });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (/oneditprepare|oneditsave|Validation error/.test(message.text())) complaints.push(message.text());
    });
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="defect-alert"]', { timeout: 60_000 });
    await page.waitForTimeout(TRAY_MS);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** A line, and a way in for parts whose detections the test makes up. */
  function flow(path: string): FlowNode[] {
    const node = (id: string, type: string, x: number, y: number, more: object): FlowNode => {
      return { id, type, z: 'tab', name: '', x, y, ...more };
    };
    return [
      { id: 'tab', type: 'tab', label: 'test' },
      { id: 'model', type: 'inspection-model', name: '', version: 1, model: 'pcb-defects', threads: 1 },
      node('camera', 'camera-in', 120, 60, {
        name: 'Top',
        source: 'folder',
        path,
        trigger: 'message',
        rotate: '90',
        wires: [['detect']],
      }),
      node('detect', 'yolo-int8-detect', 290, 60, { model: 'model', confidence: '', wires: [['nms']] }),
      node('nms', 'nms', 440, 60, { wires: [['alert']] }),
      node('alert', 'defect-alert', 600, 60, { version: 1, station: 'line-1', wires: [[], ['verdict']] }),
      node('in', 'http in', 120, 140, { url: '/part', method: 'post', wires: [['part']] }),
      node('part', 'function', 290, 140, {
        func: 'return Object.assign(msg, msg.payload);',
        outputs: 1,
        libs: [],
        wires: [['alert']],
      }),
      node('verdict', 'function', 760, 60, {
        func: 'if (msg.res) return msg;',
        outputs: 1,
        libs: [],
        wires: [['out']],
      }),
      node('out', 'http response', 900, 60, { wires: [] }),
    ];
  }

  async function openDialog(): Promise<void> {
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node('alert'));
    });
    await page.locator('#defect-alert-class-list').waitFor({ state: 'attached' });
    await page.waitForTimeout(TRAY_MS);
  }

  async function done(): Promise<void> {
    await page.locator('#node-dialog-ok').click();
    await page.waitForTimeout(TRAY_MS);
  }

  async function deploy(): Promise<void> {
    const logged = nodeRed.log.length;
    await page.locator('#red-ui-header-button-deploy').click();
    await waitFor('the deployed flows to start', () =>
      /Started (modified )?(nodes|flows)/.test(nodeRed.log.slice(logged)),
    );
  }

  const stored = async () =>
    (await nodeRed.get<FlowNode[]>('/flows')).find(({ id }) => id === 'alert') ?? assert.fail('no station');
  const rules = async () => JSON.parse((await stored()).rules as string) as Partial<AlertRules>;
  const classRow = (label: string): Locator => page.locator('.defect-alert-class').nth(CLASSES.indexOf(label));

  /** One part with a defect at a place of the upright picture, fractions of it. */
  async function part(label: string, x: number, y: number, more: object = {}): Promise<VerdictRecord> {
    const box = { x: x * UPRIGHT.width - 20, y: y * UPRIGHT.height - 20, width: 40, height: 40, ...more };
    const inference = { ...INFERENCE, image: UPRIGHT };
    const response = await nodeRed.post('/part', {
      payload: [detection({ label, confidence: 0.9, box })],
      frame: { ...FRAME, id: `${label}-${x}-${y}` },
      inference,
    });
    return (await response.json()) as VerdictRecord;
  }

  it('offers the classes of the model before it, in rows', async () => {
    await openDialog();
    const labels = page.locator('.defect-alert-class [data-field=label]');
    await labels.nth(CLASSES.length - 1).waitFor();
    assert.deepEqual(
      await labels.evaluateAll((fields) => fields.map((field) => (field as { value?: string }).value)),
      CLASSES,
    );
    await page.screenshot({ path: join(SHOTS, 'new.png') });
  });

  it('takes a picture of the camera, turned upright', async () => {
    await page.getByRole('button', { name: 'Picture from Top' }).click();
    await waitFor('the picture', async () => {
      const box = await page.locator('#defect-alert-picture').boundingBox();
      return box !== null && box.height > box.width;
    });
    const box = (await page.locator('#defect-alert-picture').boundingBox()) ?? assert.fail('no picture');
    assert.ok(Math.abs(box.width / box.height - CAMERA.height / CAMERA.width) < 0.02, JSON.stringify(box));
  });

  it('zones drawn with the mouse: a rectangle that counts, a polygon that does not', async () => {
    // the button lies below the picture: the dialog may scroll to it
    const drawing = page.locator('#defect-alert-drawing');
    const at = async (x: number, y: number) => {
      const box = (await drawing.boundingBox()) ?? assert.fail('no drawing');
      return [box.x + box.width * x, box.y + box.height * y] as const;
    };
    await page.click('#defect-alert-rectangle');
    await page.mouse.move(...(await at(0.9, 0.9)));
    await page.mouse.down();
    await page.mouse.move(...(await at(0.5, 0.5)), { steps: 4 });
    await page.screenshot({ path: join(SHOTS, 'drawing.png') });
    await page.mouse.move(...(await at(0.1, 0.1)), { steps: 4 });
    await page.mouse.up();
    await page.click('#defect-alert-polygon');
    for (const [x, y] of [
      [0.2, 0.2],
      [0.4, 0.2],
      [0.3, 0.4],
    ] as const) {
      await page.mouse.click(...(await at(x, y)));
    }
    await page.screenshot({ path: join(SHOTS, 'polygon.png') });
    await page.mouse.click(...(await at(0.2, 0.2)));
    const zones = page.locator('.defect-alert-zone');
    assert.equal(await zones.count(), 2);
    await zones.nth(1).locator('[data-field=name]').fill('fixture');
    await zones.nth(1).locator('[data-field=kind]').selectOption('exclude');
    await zones.nth(1).locator('summary').click();
    await zones.nth(1).getByLabel('spur').check();
    await page.screenshot({ path: join(SHOTS, 'zones.png') });
  });

  it('a class gets its confidence, least size and severity; the alert waits for two of three', async () => {
    await classRow('short').locator('[data-field=minConfidence]').fill('0.95');
    await classRow('open').locator('[data-field=minWidth]').fill('60');
    await classRow('spur').locator('[data-field=counts]').selectOption('critical');
    await classRow('copper').locator('[data-field=counts]').selectOption('ignore');
    await page.fill('#defect-alert-hits', '2');
    await page.fill('#defect-alert-frames', '3');
    assert.equal(await page.locator('#defect-alert-rules-problem').isVisible(), false);
    await page
      .locator('.red-ui-tray-body')
      .first()
      .evaluate((body) => body.scrollTo(0, 0));
    await page.screenshot({ path: join(SHOTS, 'classes.png') });
    await done();
    await deploy();
    const { classes, zones, debounce } = await rules();
    assert.deepEqual(classes, {
      open: { minWidth: 60 },
      short: { minConfidence: 0.95 },
      spur: { severity: 'critical' },
      copper: { ignore: true },
    });
    assert.deepEqual(debounce, { hits: 2, frames: 3 });
    assert.deepEqual(
      zones?.map(({ name, kind, labels, points }) => [name, kind, labels, points.length]),
      [
        ['zone 1', 'include', undefined, 4],
        ['fixture', 'exclude', ['spur'], 3],
      ],
    );
    const [upperLeft] = zones?.[0]?.points ?? [];
    assert.ok(upperLeft !== undefined && upperLeft.every((value) => Math.abs(value - 0.1) < 0.01), String(upperLeft));
  });

  for (const [label, x, y, more, verdict] of [
    ['spur', 0.3, 0.25, {}, 'PASS'],
    ['pin-hole', 0.3, 0.25, {}, 'FAIL'],
    ['spur', 0.6, 0.6, {}, 'FAIL'],
    ['spur', 0.05, 0.6, {}, 'PASS'],
    ['short', 0.6, 0.6, {}, 'PASS'],
    ['open', 0.6, 0.6, {}, 'PASS'],
    ['open', 0.6, 0.6, { width: 70 }, 'FAIL'],
    ['copper', 0.6, 0.6, {}, 'PASS'],
  ] as const) {
    it(`deployed: ${label} at ${x}, ${y} ${JSON.stringify(more)} is a ${verdict}`, async () => {
      assert.equal((await part(label, x, y, more)).verdict, verdict);
    });
  }

  it('zones with the keyboard: added, moved, a corner more, removed', async () => {
    await openDialog();
    await page.locator('.defect-alert-zone').nth(1).waitFor();
    await page.locator('#defect-alert-rectangle').focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.defect-alert-zone').count(), 3);
    for (const key of ['Shift+ArrowRight', 'ArrowDown', '+']) await page.keyboard.press(key);
    // on to its first corner
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowLeft');
    await page.screenshot({ path: join(SHOTS, 'keyboard.png') });
    await page.click('#defect-alert-view-text');
    const text = await page.evaluate(
      () =>
        (globalThis as unknown as { document: { querySelector(s: string): { value: string } } }).document.querySelector(
          '#node-input-rules',
        ).value,
    );
    const drawn = (JSON.parse(text) as AlertRules).zones[2];
    assert.deepEqual(drawn?.points, [
      [0.29, 0.26],
      [0.55, 0.26],
      [0.8, 0.26],
      [0.8, 0.76],
      [0.3, 0.76],
    ]);
    await page.click('#defect-alert-view-lists');
    await page.locator('#defect-alert-drawing [data-key="2"]').focus();
    await page.keyboard.press('Delete');
    assert.equal(await page.locator('.defect-alert-zone').count(), 2);
    await done();
    const kept = await page.evaluate(() => (globalThis as unknown as EditorWindow).RED.nodes.node('alert').rules);
    assert.equal(kept, (await stored()).rules, 'what was added and removed again changes nothing');
  });

  it('a picture of the user instead of the camera, in its own shape', async () => {
    await openDialog();
    const wide = join(userDir, 'wide.png');
    const scene = { width: 900, height: 300, channels: 3, background: '#348' } as const;
    await sharp({ create: scene }).png().toFile(wide);
    await page.setInputFiles('#defect-alert-file', wide);
    await waitFor('the picture', async () => {
      const box = await page.locator('#defect-alert-picture').boundingBox();
      return box !== null && Math.abs(box.width / box.height - 3) < 0.05;
    });
    await page.setInputFiles('#defect-alert-file', join(userDir, 'settings.js'));
    await page.getByText('This picture cannot be shown here').waitFor();
    await page.locator('#node-dialog-cancel').click();
    await page.waitForTimeout(TRAY_MS);
  });

  it('what is written as JSON is in the lists, and a mistake is told and keeps the text', async () => {
    await openDialog();
    await page.click('#defect-alert-view-text');
    await page.locator('#node-input-rules-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('{"classes":{"short":{"minHeight":7}},"rateLimit":{"alerts":5,"perMs":1000}}');
    await page.screenshot({ path: join(SHOTS, 'text.png') });
    await page.click('#defect-alert-view-lists');
    assert.equal(await classRow('short').locator('[data-field=minHeight]').inputValue(), '7');
    assert.match(await page.locator('#defect-alert-rules-note').innerText(), /rateLimit/);
    assert.equal(await page.locator('.defect-alert-zone').count(), 0);
    await page.click('#defect-alert-view-text');
    await page.locator('#node-input-rules-editor').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText('{"classes":');
    await page.click('#defect-alert-view-lists');
    assert.equal(await page.locator('#defect-alert-rules-form').isVisible(), false);
    assert.match(await page.locator('#defect-alert-rules-problem').innerText(), /^Expected a JSON object for rules/);
    await page.locator('#node-dialog-cancel').click();
    await page.waitForTimeout(TRAY_MS);
  });

  it('a class that the model does not have is refused in a sentence, and after Done the node is marked', async () => {
    await openDialog();
    await classRow('pin-hole').waitFor();
    await page.locator('#defect-alert-rules-form .red-ui-editableList-addButton').click();
    const row = page.locator('.defect-alert-class').nth(CLASSES.length);
    await row.locator('[data-field=label]').fill('sput');
    await row.locator('[data-field=minWidth]').fill('10');
    const sentence =
      'Expected one of the model\'s classes (open, short, mousebite, spur, copper, pin-hole) for a class of the rules but received "sput"';
    assert.equal(await page.locator('#defect-alert-rules-problem').innerText(), sentence);
    await page.screenshot({ path: join(SHOTS, 'unknown.png') });
    await done();
    const state = await page.evaluate(() => {
      const { valid, validationErrors } = (globalThis as unknown as EditorWindow).RED.nodes.node('alert');
      return { valid, validationErrors };
    });
    assert.deepEqual(state, { valid: false, validationErrors: [sentence] });
  });

  it('said no error on the way', () => assert.deepEqual(complaints, []));
});
