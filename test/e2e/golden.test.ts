// Golden samples as a shift meets them: set in the dialog, announced over MQTT, through a real broker, a crash and a redeploy.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { GoldenAlert, GoldenRecord } from '../../src/alert/golden/records';
import type { VerdictRecord } from '../../src/alert/judge/messages';
import { detection } from '../alert/fixtures';
import { assertValid, shippedSchemas } from '../alert/schemas';
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
    nodes: { node(id: string): { valid: boolean }; createCompleteNodeSet(): FlowNode[] };
    editor: { edit(node: unknown): void };
  };
}

const SHOTS = join(ROOT, 'screenshots', 'golden');
const TOPIC = 'inspection/line-1';
const schemas = shippedSchemas();

describe('golden samples', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'golden-'));
  let broker: Mosquitto;
  let subscriber: Subscriber;
  let nodeRed: NodeRedProcess;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    broker = await Mosquitto.start();
    subscriber = await Subscriber.connect(broker.port);
    linkPackage(userDir);
    // the station as version 0.1.0 stored it: none of the later properties
    const flow: FlowNode[] = [
      { id: 'tab', type: 'tab', label: 'test' },
      {
        id: 'broker',
        type: 'mqtt-broker',
        broker: '127.0.0.1',
        port: String(broker.port),
        autoConnect: true,
        protocolVersion: '4',
        keepalive: '60',
        cleansession: true,
      },
      {
        id: 'frames',
        z: 'tab',
        type: 'mqtt in',
        topic: 'test/frames',
        qos: '1',
        datatype: 'json',
        broker: 'broker',
        inputs: 0,
        x: 100,
        y: 40,
        wires: [['unpack']],
      },
      {
        id: 'unpack',
        z: 'tab',
        type: 'function',
        func: 'return msg.payload;',
        outputs: 1,
        libs: [],
        x: 250,
        y: 40,
        wires: [['station']],
      },
      {
        id: 'golden',
        z: 'tab',
        type: 'mqtt in',
        topic: `${TOPIC}/golden/set`,
        qos: '1',
        datatype: 'auto-detect',
        broker: 'broker',
        inputs: 0,
        x: 100,
        y: 80,
        wires: [['station']],
      },
      {
        id: 'station',
        z: 'tab',
        type: 'defect-alert',
        name: '',
        station: 'line-1',
        topic: '',
        minConfidence: 0.25,
        broker: 'broker',
        log: 'csv',
        x: 400,
        y: 60,
        wires: [[], []],
      },
      { id: 'catch', z: 'tab', type: 'catch', scope: null, uncaught: false, x: 100, y: 120, wires: [['said']] },
      {
        id: 'said',
        z: 'tab',
        type: 'function',
        func: 'return { topic: "inspection/test/said", payload: msg.error.message };',
        outputs: 1,
        libs: [],
        x: 250,
        y: 120,
        wires: [['out']],
      },
      {
        id: 'out',
        z: 'tab',
        type: 'mqtt out',
        topic: '',
        qos: '1',
        retain: '',
        broker: 'broker',
        x: 400,
        y: 120,
        wires: [],
      },
    ];
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    browser = await launchBrowser();
    page = await browser.newPage({ viewport: { width: 1500, height: 1100 } });
    page.on('pageerror', (error) => complaints.push(String(error)));
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    await subscriber?.stop();
    await broker?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  const records = (): GoldenRecord[] => subscriber.of<GoldenRecord>(`${TOPIC}/golden`);
  const verdicts = (): VerdictRecord[] => subscriber.of<VerdictRecord>(`${TOPIC}/verdict`);
  const alerts = (): GoldenAlert[] => subscriber.of<GoldenAlert>(`${TOPIC}/alert/golden`);
  const announce = (payload: unknown) => subscriber.publish(`${TOPIC}/golden/set`, JSON.stringify(payload));

  /** What the station says of an event after `seen` records. */
  function told(event: string, seen: number): Promise<GoldenRecord> {
    return waitFor(`golden ${event}`, () =>
      records()
        .slice(seen)
        .find((record) => record.event === event),
    );
  }

  /** Sends one part and waits for its verdict. */
  async function part(labels: string[], source = 'top', more: object = {}): Promise<VerdictRecord> {
    const id = `part-${verdicts().length}-${Date.now()}`;
    const frame = { id, seq: 0, source, capturedAt: new Date().toISOString() };
    const payload = labels.map((label) => detection({ label }));
    await subscriber.publish('test/frames', JSON.stringify({ payload, frame, ...more }));
    return waitFor(`the verdict of ${id}`, () => verdicts().find((verdict) => verdict.frame.id === id));
  }

  it('are set in the dialog, without JSON, on a station of an earlier version', async () => {
    await page.goto(nodeRed.url);
    await page.waitForSelector('.red-ui-palette-node[data-palette-type="defect-alert"]', { timeout: 60_000 });
    const valid = await page.evaluate(() => {
      const { RED } = globalThis as unknown as EditorWindow;
      const station = RED.nodes.node('station');
      RED.editor.edit(station);
      return station.valid;
    });
    assert.ok(valid, 'a flow of an earlier version is valid as it is');
    const list = page.locator('#node-input-goldenSamples-list');
    await list.waitFor({ state: 'attached' });
    const expiry = page.locator('#node-input-goldenExpiryMinutes');
    await page.waitForTimeout(500);
    assert.equal(await expiry.isVisible(), false, 'nothing to set before there is a sample');
    const add = page.locator('.node-input-goldenSamples-row .red-ui-editableList-addButton');
    await add.click();
    await add.click();
    const [first, second] = [list.locator('> li').nth(0), list.locator('> li').nth(1)];
    await first.locator('[data-field=name]').fill('G-1');
    await first.locator('[data-field=verdict]').selectOption('PASS');
    await second.locator('[data-field=name]').fill('N-17');
    await second.getByRole('button', { name: 'known defect' }).click();
    await second.getByRole('button', { name: 'known defect' }).click();
    const defects = second.locator('.golden-defect');
    await defects.nth(0).locator('[data-field=label]').fill('scratch');
    await defects.nth(0).locator('[data-field=count]').fill('1');
    await defects.nth(0).locator('[data-field=box]').fill('250, 200, 150, 100');
    await defects.nth(1).locator('[data-field=label]').fill('a mistake');
    await defects.nth(1).locator('button').click();
    assert.equal(await expiry.inputValue(), '10');
    await expiry.fill('5');
    await page.selectOption('#node-input-goldenSchedule', 'times');
    await expiry.scrollIntoViewIfNeeded();
    await page.screenshot({ path: join(SHOTS, 'dialog-times.png') });
    await page.selectOption('#node-input-goldenSchedule', 'hours');
    await page.fill('#node-input-goldenHours', '8');
    await page.screenshot({ path: join(SHOTS, 'dialog-hours.png') });
    await page.locator('#node-dialog-ok').click();
    await page.waitForTimeout(500);
    const stored = await page.evaluate(() =>
      (globalThis as unknown as EditorWindow).RED.nodes.createCompleteNodeSet().find(({ id }) => id === 'station'),
    );
    assert.deepEqual(stored?.goldenSamples, [
      { name: 'G-1', verdict: 'PASS', defects: [], others: false },
      {
        name: 'N-17',
        verdict: 'FAIL',
        defects: [{ label: 'scratch', count: '1', box: '250, 200, 150, 100' }],
        others: false,
      },
    ]);
    await page.locator('#red-ui-header-button-deploy').click();
    const { state } = await told('due', 0);
    assert.deepEqual(state.due?.samples, ['G-1', 'N-17']);
    assert.equal(state.due?.overdue, false);
    // and they are there when the dialog is opened again
    await page.evaluate(() => {
      const { RED } = globalThis as unknown as EditorWindow;
      RED.editor.edit(RED.nodes.node('station'));
    });
    await second.locator('[data-field=box]').waitFor();
    assert.equal(await second.locator('[data-field=box]').inputValue(), '250, 200, 150, 100');
    assert.equal(await expiry.inputValue(), '5');
    await page.locator('#node-dialog-cancel').click();
    assert.deepEqual(complaints, []);
  });

  it('announced over MQTT, the next part is compared, told, logged, and counted apart', async () => {
    const seen = records().length;
    await announce({ sample: 'G-1' });
    await told('announced', seen);
    const golden = await part([]);
    assert.deepEqual(golden.golden, { sample: 'G-1', outcome: 'right', differences: [] });
    const right = await told('right', seen);
    assert.equal(right.result?.verdictId, golden.id);
    assert.deepEqual(right.state.due?.samples, ['N-17']);
    const next = await part(['scratch']);
    assert.equal(next.golden, undefined);
    assert.equal(next.counters.triggers, 1, 'the golden part is none of production');
    assert.deepEqual(next.counters.golden, { triggers: 1, pass: 1, fail: 0, notInspected: 0 });
    const log = () => readFileSync(join(userDir, 'inspection', 'defect-alert', 'station', 'verdicts.csv'), 'utf8');
    await waitFor('the line in the log', () => /,PASS,.*,G-1,right,,1\r\n/.test(log()));
  });

  it('a wrong one raises an alert of its own, and is retained for whoever comes later', async () => {
    const seen = records().length;
    await announce('N-17');
    await told('announced', seen);
    await part(['dent']);
    const wrong = await told('wrong', seen);
    assert.match(wrong.detail, /^N-17: Expected 1 scratch within 250, 200, 150, 100 but found 0; Found dent/);
    const [alert] = await waitFor('the alert', () => alerts().length > 0 && alerts());
    assert.deepEqual([alert?.kind, alert?.event, alert?.sample], ['golden', 'wrong', 'N-17']);
    const ofProduction = subscriber.of<{ defects: { label: string }[] }>(`${TOPIC}/alert`);
    assert.ok(!ofProduction.some(({ defects }) => defects.some(({ label }) => label === 'dent')));
    const late = await Subscriber.connect(broker.port, `${TOPIC}/golden`);
    const [retained] = await waitFor(
      'what is retained',
      () => late.received.length > 0 && late.of<GoldenRecord>(`${TOPIC}/golden`),
    );
    await late.stop();
    assert.equal(retained?.state.last?.outcome, 'wrong');
    assert.equal(retained?.state.problem, true);
  });

  for (const [what, payload] of [
    ['an unknown sample', { sample: 'N-18' }],
    ['a payload that is none', [1, 2]],
    ['a number', 7],
    ['a key that is none', { sampel: 'N-17' }],
  ] as const) {
    it(`refuses ${what} with one sentence`, async () => {
      const said = () => subscriber.received.filter(({ topic }) => topic === 'inspection/test/said');
      const before = [said().length, records().length, verdicts().length] as const;
      await announce(payload);
      const { text } = await waitFor('the catch node', () => said().at(before[0]));
      assert.match(text, /^Expected .* for .* but received /);
      assert.deepEqual([records().length, verdicts().length], before.slice(1), 'and it is no part');
    });
  }

  it('an announcement survives a crash: the next part after it is the golden one', async () => {
    const seen = records().length;
    await announce({ sample: 'N-17', camera: 'side' });
    await told('announced', seen);
    await nodeRed.stop('SIGKILL');
    nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, userDir });
    await told('due', seen);
    await waitFor(
      'the station to take parts',
      () => subscriber.of<{ status: string }>(`${TOPIC}/status`).at(-1)?.status === 'online',
    );
    assert.equal((await part(['scratch'], 'top')).golden, undefined, 'the other camera has parts of production');
    assert.equal((await part(['scratch'], 'side')).golden?.outcome, 'right');
    const right = await told('right', seen);
    assert.equal(right.state.due, null);
    assert.equal(right.state.problem, false);
  });

  it('two cameras have each their own', async () => {
    const seen = records().length;
    await announce({ sample: 'N-17', camera: 'top' });
    await announce({ sample: 'G-1', camera: 'side' });
    await waitFor('both', () => records().at(-1)?.state.announced.length === 2);
    assert.equal((await part([], 'side')).golden?.sample, 'G-1');
    assert.equal((await part([], 'side')).golden, undefined);
    assert.equal((await part(['scratch'], 'top')).golden?.sample, 'N-17');
    // what a golden part meant is told after its verdict
    await waitFor('both results', () => {
      return (
        records()
          .slice(seen)
          .filter(({ event }) => event === 'right').length === 2
      );
    });
  });

  it('one whose sample is gone after a redeploy is reported lost, one that does not come expires', async () => {
    let seen = records().length;
    await announce({ sample: 'G-1' });
    await told('announced', seen);
    const flow = await nodeRed.get<FlowNode[]>('/flows');
    const changed = flow.map((node) =>
      node.id === 'station'
        ? { ...node, goldenSamples: (node.goldenSamples as unknown[]).slice(1), goldenSchedule: '' }
        : node,
    );
    await nodeRed.deploy(changed, 'nodes');
    assert.equal((await told('lost', seen)).sample, 'G-1');
    seen = records().length;
    await announce({ sample: 'N-17', expiryMinutes: 0.01 });
    assert.equal((await told('expired', seen)).sample, 'N-17');
    assert.equal((await part(['scratch'])).golden, undefined);
  });

  it('that could not be inspected are still waited for', async () => {
    const seen = records().length;
    await announce('N-17');
    await told('announced', seen);
    await part([], 'top', { notInspected: { reason: 'too hot', detail: '86 °C' } });
    assert.equal((await told('not inspected', seen)).state.announced.length, 1);
    assert.equal((await part(['scratch'])).golden?.outcome, 'right');
  });

  it('every document fits its schema, and the books balance', () => {
    for (const record of records()) assertValid(schemas['golden-check'], record);
    for (const alert of alerts()) assertValid(schemas['golden-alert'], alert);
    for (const verdict of verdicts()) {
      assertValid(schemas['inspection-verdict'], verdict);
      for (const { triggers, pass, fail, notInspected } of [
        verdict.counters,
        verdict.counters.golden ?? verdict.counters,
      ]) {
        assert.equal(triggers, pass + fail + notInspected);
      }
    }
    const { counters } = verdicts().at(-1) as VerdictRecord;
    assert.equal(counters.triggers + (counters.golden?.triggers ?? 0), verdicts().length);
  });
});
