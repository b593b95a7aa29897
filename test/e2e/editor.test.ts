// The editor as a newcomer sees it. The pictures land in screenshots/ (not in git): look at them after a change to a dialog.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../helpers/browser';
import { installPackage, type InstalledPackage } from '../helpers/installed-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4, nodeRed5 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';

/** The part of the editor's own API that the test uses, as it is inside the page. */
interface EditorWindow {
  RED: {
    nodes: {
      eachNode(visit: (node: { id: string; type: string }) => boolean): void;
      node(id: string): { id: string };
      /** The flow as it is deployed or exported. */
      createCompleteNodeSet(): Array<{ type: string; region?: string }>;
    };
    view: { reveal(id: string): void };
    editor: { edit(node: { id: string }): void };
    actions: { invoke(action: string): void };
    sidebar: { help: { show(type: string, bringToFront: boolean): void } };
  };
}

const { 'node-red': declared } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};
const TYPES = Object.keys(declared.nodes).filter((type) => type !== 'inspection-model');

/** What the dialog of camera-in shows for each source, beside what all have. */
const FIELDS_OF: Record<string, string[]> = {
  folder: ['path', 'loop'],
  simulator: ['look', 'defectRate', 'seed', 'design', 'shift', 'turn'],
  http: ['url', 'user', 'password', 'mode', 'delay'],
  rtsp: ['url', 'user', 'password', 'transport', 'format', 'width', 'height', 'delay'],
  v4l2: ['device', 'format', 'width', 'height', 'pixelFormat', 'controls', 'delay'],
  rpicam: [
    ...['device', 'mode', 'width', 'height', 'shutter', 'gain', 'whiteBalance', 'focus', 'hdr', 'cameraFps'],
    ...['sensorRegion', 'tuningFile', 'delay'],
  ],
};

for (const version of [() => NODE_RED_4, nodeRed5]) {
  const { name, node, redJs } = version();
  const major = name.includes('Node-RED 5') ? '5' : '4';
  const shots = join(ROOT, 'screenshots', `editor-${major}`);

  describe(`the editor of ${name}`, () => {
    let installed: InstalledPackage;
    let nodeRed: NodeRedProcess;
    let browser: Browser;
    let page: Page;
    const complaints: string[] = [];

    before(async () => {
      mkdirSync(shots, { recursive: true });
      installed = installPackage();
      nodeRed = await NodeRedProcess.start({ node, redJs, userDir: installed.userDir });
      browser = await launchBrowser();
      page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(nodeRed.url);
      await page.waitForSelector('.red-ui-palette-node[data-palette-type="nms"]', { timeout: 60_000 });
    });
    after(async () => {
      await browser?.close();
      await nodeRed?.stop();
      installed?.remove();
    });

    it('has every node in the palette, with its icon, and takes each when dragged', async () => {
      for (const [index, type] of TYPES.entries()) {
        const entry = page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
        await entry.scrollIntoViewIfNeeded();
        const icon = await entry.locator('.red-ui-palette-icon').getAttribute('style');
        assert.ok(icon?.includes(`${type}.svg`), `${type} has the icon ${icon}`);
        const from = await entry.boundingBox();
        assert.ok(from);
        await page.mouse.move(from.x + 20, from.y + 10);
        await page.mouse.down();
        await page.mouse.move(700, 150 + index * 90, { steps: 8 });
        await page.mouse.up();
      }
      const types = await page.evaluate(() => {
        const found: string[] = [];
        (globalThis as unknown as EditorWindow).RED.nodes.eachNode((entry) => {
          found.push(entry.type);
          return true;
        });
        return found;
      });
      assert.deepEqual([...types].sort(), [...TYPES].sort());
      await page.screenshot({ path: join(shots, 'palette.png') });
    });

    for (const type of TYPES) {
      it(`opens the dialog and the help of ${type}, without a raw caption key`, async () => {
        await page.evaluate((wanted) => {
          const { RED } = globalThis as unknown as EditorWindow;
          let id = '';
          RED.nodes.eachNode((entry) => {
            if (entry.type === wanted) id = entry.id;
            return true;
          });
          RED.editor.edit(RED.nodes.node(id));
        }, type);
        const dialog = page.locator('.red-ui-tray-body').first();
        await dialog.waitFor();
        await page.waitForTimeout(500);
        const text = await dialog.innerText();
        assert.ok(!text.includes(`${type}.`), `an untranslated caption in: ${text}`);
        await page.screenshot({ path: join(shots, `dialog-${type}.png`) });
        await page.locator('#node-dialog-cancel').click();
        await page.waitForTimeout(400);

        await page.evaluate((wanted) => {
          (globalThis as unknown as EditorWindow).RED.sidebar.help.show(wanted, true);
        }, type);
        const help = page.locator('.red-ui-help');
        await help
          .getByText(/^(Details|Properties|Inputs|Outputs)$/)
          .first()
          .waitFor();
        await page.screenshot({ path: join(shots, `help-${type}.png`) });
      });
    }

    it('camera-in: fields of each source, a test picture, and a rectangle drawn into it becomes the region', async () => {
      const folder = join(installed.userDir, 'pictures');
      mkdirSync(folder);
      const scene = { width: 800, height: 600, channels: 3, background: '#348' } as const;
      await sharp({ create: scene }).jpeg().toFile(join(folder, 'part.jpg'));
      await page.evaluate(() => {
        const { RED } = globalThis as unknown as EditorWindow;
        RED.nodes.eachNode((entry) => {
          if (entry.type === 'camera-in') RED.editor.edit(RED.nodes.node(entry.id));
          return true;
        });
      });
      await page.locator('#node-input-source').waitFor();
      for (const [source, fields] of Object.entries(FIELDS_OF)) {
        await page.selectOption('#node-input-source', source);
        const shown = await page.locator('[data-when~="source"]:visible :is(input, select)').evaluateAll((inputs) => {
          return (inputs as unknown as Array<{ id: string }>).map(({ id }) => id.replace('node-input-', ''));
        });
        assert.deepEqual(shown, fields, source);
        await page.screenshot({ path: join(shots, `camera-${source}.png`) });
      }
      await page.selectOption('#node-input-source', 'folder');
      await page.fill('#node-input-path', join(folder, 'none'));
      await page.click('#camera-in-test');
      const result = page.locator('#camera-in-test-result');
      await result.getByText('is not there: create it or correct path').waitFor();
      await page.fill('#node-input-path', folder);
      await page.click('#camera-in-test');
      await result.getByText('800 × 600, jpeg').waitFor();
      const canvas = page.locator('#camera-in-test-picture');
      await canvas.scrollIntoViewIfNeeded();
      const box = (await canvas.boundingBox()) ?? assert.fail('the picture is not shown');
      const at = (x: number, y: number) => [box.x + (box.width * x) / 800, box.y + (box.height * y) / 600] as const;
      await page.mouse.move(...at(300, 230));
      await page.mouse.down();
      // from the lower right to the upper left: as good as the other way
      await page.mouse.move(...at(100, 80), { steps: 5 });
      await page.mouse.up();
      await page.screenshot({ path: join(shots, 'camera-region.png') });
      const drawn = (await page.inputValue('#node-input-region')).split(',').map(Number);
      // a pixel of the screen is two of the picture
      for (const [index, wanted] of [100, 80, 200, 150].entries()) {
        assert.ok(Math.abs((drawn[index] as number) - wanted) <= 2, drawn.join(', '));
      }
      await page.locator('#node-dialog-ok').click();
      await page.waitForTimeout(400);
      const flow = await page.evaluate(() => (globalThis as unknown as EditorWindow).RED.nodes.createCompleteNodeSet());
      const stored = flow.find(({ type }) => type === 'camera-in') ?? assert.fail('no camera-in in the flow');
      assert.equal(stored.region, drawn.join(', '));
    });

    it('offers the examples in the import dialog and imports the first', async () => {
      await page.evaluate(() =>
        (globalThis as unknown as EditorWindow).RED.actions.invoke('core:show-examples-import-dialog'),
      );
      const library = page.locator('#red-ui-clipboard-dialog-import-tab-examples');
      await library.getByText('@edge-inspect/node-red-inspection').click();
      await library.getByText('01 - Detect defects in an image').click();
      await page.screenshot({ path: join(shots, 'examples.png') });
      await page.locator('#red-ui-clipboard-dialog-ok').click();
      await page.waitForTimeout(1500);
      await page.screenshot({ path: join(shots, 'example-01.png') });
      const tabs = await page.locator('.red-ui-tabs').first().innerText();
      assert.match(tabs, /Detect defects in an image/);
    });

    it('said no error on the way', () => assert.deepEqual(complaints, []));
  });
}
