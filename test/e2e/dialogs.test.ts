// The dialogs as a user goes through them: mouse and keyboard, from an empty workspace; and every shipped example with each
// of its dialogs opened, Done pressed and deployed, working as before.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../helpers/browser';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string; z?: string };

interface EditorWindow {
  RED: {
    nodes: { node(id: string): FlowNode & { valid?: boolean; validationErrors?: string[] } };
    editor: { edit(node: unknown): void; editConfig(property: string, type: string, id: string): void };
  };
}

const { 'node-red': declared } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};
const OWN = new Set(Object.keys(declared.nodes));
const EXAMPLES = readdirSync(join(ROOT, 'examples')).filter((name) => name.endsWith('.json'));
const SHOTS = join(ROOT, 'screenshots', 'dialogs');
/** The trays slide in and out. */
const TRAY_MS = 500;
/** Where the detector is dropped in the workspace, pixels of the page. */
const DETECTOR_AT = [700, 300] as const;

describe('the dialogs in a browser', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'dialogs-'));
  const complaints: string[] = [];
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    linkPackage(userDir, ['@flowfuse/node-red-dashboard']);
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (/oneditprepare|oneditsave|Validation error/.test(message.text())) complaints.push(message.text());
    });
    await open();
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  async function open(): Promise<void> {
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="nms"]', { timeout: 60_000 });
    await page.waitForTimeout(TRAY_MS);
  }

  async function drag(type: string, x: number, y: number): Promise<void> {
    const entry = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await entry.scrollIntoViewIfNeeded();
    const from = (await entry.boundingBox()) ?? assert.fail(`${type} is not in the palette`);
    await page.mouse.move(from.x + 20, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 8 });
    await page.mouse.up();
  }

  /** Selects the node with the mouse and opens its dialog with the keyboard. */
  async function editDetector(): Promise<void> {
    const node = (await page.locator('.red-ui-flow-node').first().boundingBox()) ?? assert.fail('no node is there');
    await page.mouse.click(node.x + node.width / 2, node.y + node.height / 2);
    await page.waitForTimeout(TRAY_MS);
    await page.screenshot({ path: join(SHOTS, 'workspace.png') });
    await page.keyboard.press('Enter');
  }

  async function click(button: Locator): Promise<void> {
    await button.click();
    await page.waitForTimeout(TRAY_MS);
  }

  async function deploy(): Promise<void> {
    const logged = nodeRed.log.length;
    await click(page.locator('#red-ui-header-button-deploy'));
    await waitFor('the deployed flows to start', () =>
      /Started (modified )?(nodes|flows)/.test(nodeRed.log.slice(logged)),
    );
  }

  const flows = () => nodeRed.get<FlowNode[]>('/flows');

  it("18.1: a model added by '+' has its defaults, 0 threads among them, and works", async () => {
    await drag('yolo-int8-detect', ...DETECTOR_AT);
    await editDetector();
    await page.locator('#node-input-model').waitFor();
    await page.waitForTimeout(TRAY_MS);
    await click(page.locator('#node-input-btn-model-add'));
    await page.locator('#node-config-input-threads').waitFor();
    assert.equal(await page.inputValue('#node-config-input-threads'), '0');
    assert.equal(await page.locator('.red-ui-tray .input-error').count(), 0);
    await page.screenshot({ path: join(SHOTS, 'new-model.png') });
    await click(page.locator('#node-config-dialog-ok'));
    await click(page.locator('#node-dialog-ok'));
    await deploy();
    const model = (await flows()).find(({ type }) => type === 'inspection-model') ?? assert.fail('no model deployed');
    assert.deepEqual(
      [model.model, model.threads, model.overload, model.queueLimit, model.watchdogSeconds, model.version].map(String),
      ['pcb-defects', '0', 'latest', '2', '10', '1'],
    );
    await waitFor('the model to be ready', () => / ready, sha256 /.test(nodeRed.log));
  });

  it('a wrong value is told in a sentence, in the field and at Done', async () => {
    await editDetector();
    await page.locator('#node-input-confidence').waitFor();
    await page.waitForTimeout(TRAY_MS);
    await page.fill('#node-input-confidence', '7');
    await page.keyboard.press('Tab');
    assert.match((await page.getAttribute('#node-input-confidence', 'class')) ?? '', /input-error/);
    await click(page.locator('#node-dialog-ok'));
    const errors = await page.evaluate(
      (nodes) => {
        const { RED } = globalThis as unknown as EditorWindow;
        return nodes.flatMap((id) => RED.nodes.node(id).validationErrors ?? []);
      },
      await idsOf('yolo-int8-detect'),
    );
    assert.deepEqual(errors, ['Expected a number between 0 and 1 for Confidence but received "7"']);
  });

  async function idsOf(type: string): Promise<string[]> {
    return (await flows()).filter((node) => node.type === type).map(({ id }) => id);
  }

  for (const name of EXAMPLES) {
    it(`18.2: ${name}: every dialog opened, Done pressed, deployed, and it works as before`, async () => {
      const example = JSON.parse(readFileSync(join(ROOT, 'examples', name), 'utf8')) as FlowNode[];
      const logged = nodeRed.log.length;
      await nodeRed.deploy(example);
      await open();
      for (const { id, type, z } of example.filter(({ type }) => OWN.has(type))) {
        const isConfig = z === undefined || type === 'inspection-model';
        await page.evaluate(
          ([nodeId, nodeType, config]) => {
            const { RED } = globalThis as unknown as EditorWindow;
            if (config) RED.editor.editConfig('', nodeType, nodeId);
            else RED.editor.edit(RED.nodes.node(nodeId));
          },
          [id, type, isConfig] as const,
        );
        const done = page.locator(isConfig ? '#node-config-dialog-ok' : '#node-dialog-ok');
        await done.waitFor();
        await page.waitForTimeout(TRAY_MS);
        const red = await page.locator('.red-ui-tray .input-error').evaluateAll((fields) => {
          return (fields as unknown as Array<{ id: string }>).map((field) => field.id);
        });
        assert.deepEqual(red, [], `${type} has red fields`);
        await page.screenshot({ path: join(SHOTS, `${name.slice(0, 2)}-${type}.png`) });
        await click(done);
        const state = await page.evaluate((nodeId) => {
          const node = (globalThis as unknown as EditorWindow).RED.nodes.node(nodeId);
          return { valid: node.valid, errors: node.validationErrors };
        }, id);
        assert.deepEqual(state, { valid: true, errors: [] }, type);
      }
      await deploy();
      const saved = (await flows()).filter(({ type }) => OWN.has(type));
      for (const node of saved) assert.equal(node.version, 1, `${node.type} carries the version of its properties`);
      if (example.some(({ type }) => type === 'inspection-model')) {
        await waitFor('the model to be ready', () => / ready, sha256 /.test(nodeRed.log.slice(logged)));
      }
      const told = nodeRed.log.slice(logged).split('\n');
      // no broker is there
      const errors = told.filter((line) => /\[error\]|Uncaught|Cannot read/.test(line) && !/mqtt/i.test(line));
      assert.deepEqual(errors, []);
    });
  }

  it('said no error on the way', () => assert.deepEqual(complaints, []));
});
