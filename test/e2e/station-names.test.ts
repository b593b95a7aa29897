// The name of a station: two of one name are warned of, in the dialog and at work; a renamed one leaves nothing behind on the
// broker, and counts anew.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { VerdictRecord } from '../../src/alert/judge/messages';
import { launchBrowser } from '../helpers/browser';
import { linkPackage } from '../helpers/linked-package';
import { Mosquitto } from '../helpers/mosquitto';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { Subscriber } from '../helpers/subscriber';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

interface EditorWindow {
  RED: {
    nodes: { node(id: string): FlowNode & { status?: { text?: string; fill?: string } } };
    editor: { edit(node: unknown): void };
  };
}

const SHOTS = join(ROOT, 'screenshots', 'station-names');
/** The trays slide in and out. */
const TRAY_MS = 500;

describe('names of stations', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'names-'));
  let broker: Mosquitto;
  let subscriber: Subscriber;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    linkPackage(userDir);
    broker = await Mosquitto.start();
    subscriber = await Subscriber.connect(broker.port, '#');
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    const station = (id: string, name: string, more: object): FlowNode => ({
      ...{ id, type: 'defect-alert', z: 'tab', name: '', version: 1, station: name, broker: 'broker' },
      ...{ homeAssistant: 'homeassistant', x: 400, wires: [[], []] },
      ...more,
    });
    await nodeRed.deploy([
      { id: 'tab', type: 'tab', label: 'test' },
      // one connection has one will: each station has its own
      ...['broker', 'broker-2'].map((id) => ({
        ...{ id, type: 'mqtt-broker', broker: '127.0.0.1', port: String(broker.port), autoConnect: true },
        ...{ protocolVersion: '4', keepalive: '60', cleansession: true },
      })),
      {
        ...{ id: 'go', type: 'inject', z: 'tab', name: 'part', payload: '[]', payloadType: 'json', topic: '' },
        ...{ props: [{ p: 'payload' }], repeat: '', once: false, x: 150, y: 60, wires: [['first']] },
      },
      station('first', 'line-1', { y: 60 }),
      station('second', 'line-2', { y: 140, broker: 'broker-2' }),
    ]);
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="defect-alert"]', { timeout: 60_000 });
    await page.waitForTimeout(TRAY_MS);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await subscriber?.stop();
    await broker?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** What somebody who subscribes now gets at once, by topic. */
  async function retained(): Promise<Map<string, string>> {
    const newcomer = await Subscriber.connect(broker.port, '#');
    await newcomer.publish('inspection/test/last', '1');
    await waitFor('all that is retained', () =>
      newcomer.received.some(({ topic }) => topic === 'inspection/test/last'),
    );
    await newcomer.stop();
    const found = newcomer.received.filter(({ topic }) => topic !== 'inspection/test/last');
    return new Map(found.map(({ topic, text }) => [topic, text]));
  }
  const topicsOf = async (name: string) => [...(await retained()).keys()].filter((topic) => topic.includes(name));

  /** Gives a station another name in its dialog, and deploys. */
  async function rename(id: string, name: string, look?: () => Promise<void>): Promise<void> {
    await page.evaluate((node) => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node(node));
    }, id);
    await page.locator('#node-input-station').waitFor();
    await page.waitForTimeout(TRAY_MS);
    await page.fill('#node-input-station', name);
    await look?.();
    await page.locator('#node-dialog-ok').click();
    await page.waitForTimeout(TRAY_MS);
    const logged = nodeRed.log.length;
    await page.locator('#red-ui-header-button-deploy').click();
    await waitFor('the deployed flows to start', () =>
      /Started (modified )?(nodes|flows)/.test(nodeRed.log.slice(logged)),
    );
  }

  const statusOf = (id: string) =>
    page.evaluate((node) => (globalThis as unknown as EditorWindow).RED.nodes.node(node).status?.text, id);
  const verdicts = (name: string) => subscriber.of<VerdictRecord>(`inspection/${name}/verdict`);

  it('a renamed station leaves nothing under its former name, and counts anew', async () => {
    await nodeRed.inject('go');
    await waitFor('the verdict', () => verdicts('line-1').length === 1);
    await waitFor('the entities', async () => (await topicsOf('edge_inspect_line_1/')).length >= 5);
    assert.ok((await topicsOf('inspection/line-1/')).includes('inspection/line-1/status'));
    await rename('first', 'line-3');
    await waitFor('what was left to be gone', async () => {
      return (await topicsOf('line-1')).length + (await topicsOf('edge_inspect_line_1/')).length === 0;
    });
    await nodeRed.inject('go');
    const verdict = await waitFor('the verdict', () => verdicts('line-3')[0]);
    assert.equal(verdict.counters.triggers, 1);
    assert.ok((await topicsOf('edge_inspect_line_3/')).length >= 5);
    const metrics = await (await fetch(`${nodeRed.url}/edge-inspect/metrics`)).text();
    assert.match(metrics, /station="line-3"/);
    assert.doesNotMatch(metrics, /station="line-1"/);
  });

  it('two stations of one name are warned of in the dialog, by status and in the log', async () => {
    const tip = page.locator('#defect-alert-same-name');
    await rename('second', 'line-3', async () => {
      assert.match(await tip.innerText(), /^Another station has this name: line-3\./);
      await page.screenshot({ path: join(SHOTS, 'dialog.png') });
      await page.fill('#node-input-station', 'line-4');
      assert.equal(await tip.isVisible(), false);
      await page.fill('#node-input-station', 'line-3');
    });
    for (const id of ['first', 'second']) {
      await waitFor(`the status of ${id}`, async () => (await statusOf(id)) === 'name used twice');
    }
    assert.equal(nodeRed.log.match(/Two stations are called "line-3" and "line-3"/g)?.length, 2);
    await page.screenshot({ path: join(SHOTS, 'status.png') });
  });

  it('when one of them gets its own name, the other keeps its topics and is well again', async () => {
    const kept = await topicsOf('line_3');
    await rename('second', 'line-5');
    await waitFor('the status', async () => (await statusOf('first')) !== 'name used twice');
    await waitFor('its entities', async () => (await topicsOf('edge_inspect_line_5/')).length === kept.length);
    assert.deepEqual((await topicsOf('line_3')).sort(), kept.sort());
    assert.match((await retained()).get('inspection/line-3/status') ?? '', /"status":"(online|offline)"/);
  });

  it('after Node-RED has ended, the broker still has nothing of the former names', async () => {
    await nodeRed.stop();
    assert.deepEqual(await topicsOf('line-1'), []);
    assert.match((await retained()).get('inspection/line-5/status') ?? '', /"status":"offline"/);
  });
});
