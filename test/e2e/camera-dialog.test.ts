// How the camera sees, set in the dialog as a user does it: measured once and fixed, and a USB camera's own controls.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../helpers/browser';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { waitFor } from '../helpers/wait-for';

const SHOTS = join(ROOT, 'screenshots', 'camera');
const METADATA = { ExposureTime: 8000, AnalogueGain: 1.5, ColourGains: [2.1, 1.6], LensPosition: 4.5 };
/** The trays slide in and out. */
const TRAY_MS = 500;

describe('how a camera sees, in its dialog', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'camera-dialog-'));
  const programs = join(userDir, 'programs');
  const path = process.env.PATH;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;

  function install(name: string, source: string): void {
    writeFileSync(join(programs, name), `#!${process.execPath}\n${source}\n`);
    chmodSync(join(programs, name), 0o755);
  }

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    mkdirSync(programs);
    // as rpicam-still writes its metadata, and as v4l2-ctl lists the controls of a real camera
    install(
      'rpicam-still',
      `const at = process.argv.indexOf('--metadata');
       require('node:fs').writeFileSync(process.argv[at + 1], ${JSON.stringify(JSON.stringify([METADATA]))});`,
    );
    const controls = readFileSync(join(ROOT, 'test', 'camera', 'records', 'v4l2-ctrls-usb.txt'), 'utf8');
    install('v4l2-ctl', `process.stdout.write(${JSON.stringify(controls)});`);
    process.env.PATH = programs + delimiter + path;
    linkPackage(userDir);
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1500, height: 1250 } });
    await page.goto(nodeRed.url);
    const entry = page.locator('.red-ui-palette-node[data-palette-type="camera-in"]');
    await entry.waitFor({ timeout: 60_000 });
    await page.waitForTimeout(TRAY_MS);
    await entry.scrollIntoViewIfNeeded();
    const from = (await entry.boundingBox()) ?? assert.fail('camera-in is not in the palette');
    await page.mouse.move(from.x + 20, from.y + 10);
    await page.mouse.down();
    await page.mouse.move(600, 300, { steps: 8 });
    await page.mouse.up();
  });
  after(async () => {
    process.env.PATH = path;
    await browser?.close();
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  async function openDialog(): Promise<void> {
    await page.locator('.red-ui-flow-node').first().dblclick();
    await page.waitForSelector('#node-input-source');
    await page.waitForTimeout(TRAY_MS);
  }

  async function done(): Promise<Record<string, unknown>> {
    await page.click('#node-dialog-ok');
    await page.waitForTimeout(TRAY_MS);
    return page.evaluate(() => {
      const { RED } = window as unknown as { RED: { nodes: { eachNode(visit: (node: object) => void): void } } };
      const found: Array<Record<string, unknown>> = [];
      RED.nodes.eachNode((node) => {
        const { shutter, gain, whiteBalance, redGain, blueGain, focus, lensPosition, controls, valid } = node as Record<
          string,
          unknown
        >;
        found.push({ shutter, gain, whiteBalance, redGain, blueGain, focus, lensPosition, controls, valid });
      });
      return found[0] ?? {};
    });
  }

  it('a Pi camera is measured once, and what was measured is fixed', async () => {
    await openDialog();
    await page.selectOption('#node-input-source', 'folder');
    assert.equal(
      await page.locator('h4:visible', { hasText: 'How the camera sees' }).count(),
      0,
      'nothing is under it',
    );
    await page.selectOption('#node-input-source', 'rpicam');
    assert.ok(await page.isVisible('#camera-in-exposure'));
    assert.equal(await page.locator('h4:visible', { hasText: 'How the camera sees' }).count(), 1);
    assert.ok(!(await page.isVisible('#node-input-lensPosition')), 'the lens is shown where it is fixed only');
    await page.screenshot({ path: join(SHOTS, 'pi-camera.png') });
    await page.click('#camera-in-exposure');
    await waitFor('the measurement', async () => (await page.inputValue('#node-input-shutter')) === '8000', 20_000);
    assert.match(await page.innerText('#camera-in-exposure-result'), /^Fixed: 8000 µs, gain 1.5\. Deploy to use it\.$/);
    assert.ok(await page.isVisible('#node-input-lensPosition'));
    await page.screenshot({ path: join(SHOTS, 'pi-camera-measured.png') });
    const { controls: _, ...saved } = await done();
    assert.deepEqual(Object.fromEntries(Object.entries(saved).map(([name, value]) => [name, String(value)])), {
      ...{ shutter: '8000', gain: '1.5', whiteBalance: 'fixed', redGain: '2.1', blueGain: '1.6' },
      ...{ focus: 'manual', lensPosition: '4.5', valid: 'true' },
    });
  });

  it('the controls of a USB camera are listed, set, and fixed as they are', async () => {
    await openDialog();
    await page.selectOption('#node-input-source', 'v4l2');
    assert.ok(!(await page.isVisible('#camera-in-exposure')));
    // a device that this machine has as little as a camera: the program is asked all the same
    await page.fill('#node-input-device', '/dev/video0');
    await page.click('#camera-in-controls');
    await page.fill('input[aria-label="gain"]', '12');
    await page.press('input[aria-label="gain"]', 'Tab');
    assert.equal(await page.inputValue('#node-input-controls'), 'gain=12');
    await page.screenshot({ path: join(SHOTS, 'usb-controls.png') });
    await page.click('#camera-in-fix-controls');
    const fixed = await page.inputValue('#node-input-controls');
    for (const part of ['auto_exposure=1', 'exposure_time_absolute=625', 'white_balance_automatic=0', 'gain=0']) {
      assert.ok(fixed.split(', ').includes(part), `${part} in ${fixed}`);
    }
    assert.equal((await done()).controls, fixed);
  });
});
