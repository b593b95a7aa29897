import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import { detection, FRAME, INFERENCE } from '../alert/fixtures';
import { assertValid, shippedSchemas } from '../alert/schemas';
import { waitFor } from '../helpers/wait-for';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const defectAlert = require(join(process.cwd(), 'dist', 'nodes', 'defect-alert', 'defect-alert.js')) as never;
// eslint-disable-next-line @typescript-eslint/no-require-imports
const mqttNodes = require('@node-red/nodes/core/network/10-mqtt.js') as never;
const schemas = shippedSchemas();

interface Message {
  topic?: string;
  payload: Record<string, unknown> & { verdict?: string; counters?: unknown };
  [key: string]: unknown;
}

interface Bench {
  receive(message: object): void;
  /** Messages seen so far on the two outputs. */
  alerts: Message[];
  verdicts: Message[];
  errors: unknown[];
  /** Since the flow was loaded. */
  statuses: { fill?: string; text?: string }[];
  /** Waits until the verdict output has seen this many messages. */
  verdictsSeen(count: number): Promise<void>;
}

const until = async (condition: () => boolean, what: string): Promise<void> => {
  await waitFor(what, condition);
};

async function bench(config: object = {}, others: object[] = [], modules: never[] = []): Promise<Bench> {
  const flow: object[] = [
    { id: 'tab', type: 'tab', label: 'test' },
    {
      id: 'n',
      z: 'tab',
      type: 'defect-alert',
      station: 'line-1',
      minConfidence: 0.25,
      wires: [['a'], ['v']],
      ...config,
    },
    { id: 'a', z: 'tab', type: 'helper' },
    { id: 'v', z: 'tab', type: 'helper' },
    { id: 'c', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['e']] },
    { id: 'e', z: 'tab', type: 'helper' },
    ...others,
  ];
  await helper.load([defectAlert, mqttNodes, ...modules] as never, flow as never);
  const seen: Bench = {
    receive: (message) => helper.getNode('n').receive(message as never),
    alerts: [],
    verdicts: [],
    errors: [],
    statuses: [],
    verdictsSeen: (count) => until(() => seen.verdicts.length >= count, `${count} verdicts`),
  };
  const node = helper.getNode('n');
  const status = node.status.bind(node);
  node.status = (now) => {
    if (typeof now === 'object') seen.statuses.push(now);
    status(now);
  };
  helper.getNode('a').on('input', (message: unknown) => seen.alerts.push(message as Message));
  helper.getNode('v').on('input', (message: unknown) => seen.verdicts.push(message as Message));
  helper
    .getNode('e')
    .on('input', (message: unknown) => seen.errors.push((message as { error: { message: string } }).error.message));
  return seen;
}

describe('defect-alert node', () => {
  before(() => new Promise<void>((resolve) => helper.startServer(resolve)));
  afterEach(() => helper.unload());
  after(() => new Promise<void>((resolve) => helper.stopServer(resolve)));

  it('sends a verdict for every frame and an alert for a failed one', async () => {
    const node = await bench();
    const image = Buffer.from('jpeg');
    node.receive({ payload: [], frame: FRAME, inference: INFERENCE, image });
    node.receive({ payload: [detection()], frame: FRAME, inference: INFERENCE, image });
    await node.verdictsSeen(2);
    assert.deepEqual(
      node.verdicts.map(({ payload }) => payload.verdict),
      ['PASS', 'FAIL'],
    );
    assert.equal(node.verdicts[1]?.topic, 'inspection/line-1/verdict');
    assert.equal(node.verdicts[1]?.image, image);
    assert.equal(node.alerts.length, 1);
    assert.equal(node.alerts[0]?.topic, 'inspection/line-1/alert');
    assert.equal(node.alerts[0]?.image, undefined);
    assertValid(schemas['defect-alert'], node.alerts[0]?.payload);
    assertValid(schemas['inspection-verdict'], node.verdicts[0]?.payload);
  });

  it('a detector that is disabled is no silence: the node says that no part comes, and that one came', async () => {
    const status = (node: Bench) => node.verdicts.filter(({ topic }) => topic === 'inspection/line-1/status');
    const disabled = { id: 'detect', z: 'tab', type: 'helper', d: true, wires: [['n']] };
    const node = await bench({ silenceAfterSeconds: 0.1 }, [disabled]);
    const shown: { fill?: string }[] = [];
    helper.getNode('n').status = (badge) => void shown.push(badge as { fill?: string });
    await until(() => status(node).length === 1, 'the message');
    assertValid(schemas['inspection-status'], status(node)[0]?.payload);
    assert.ok(status(node)[0]?.payload.silentSince);
    await until(() => shown.at(-1)?.fill === 'yellow', 'the status');
    const metrics = async () => (await helper.request().get('/edge-inspect/metrics')).text;
    assert.match(await metrics(), /^edge_inspect_silent\{station="line-1",node="n"\} 1$/m);
    node.receive({ payload: [], frame: FRAME });
    await until(() => status(node).length >= 2, 'the end of the silence');
    assert.equal(status(node)[1]?.payload.silentSince, undefined);
    assert.match(await metrics(), /^edge_inspect_last_part_seconds\{station="line-1",node="n"\} [\d.]+$/m);
  });

  it('answers a message that is no detection list with done(err) and NOT_INSPECTED, and goes on', async () => {
    const node = await bench();
    node.receive({ payload: 'cat' });
    node.receive({ payload: [] });
    await node.verdictsSeen(2);
    await until(() => node.errors.length === 1, 'the catch node');
    assert.match(String(node.errors[0]), /Expected an array of detections .* for msg.payload but received "cat"$/);
    assert.deepEqual(
      node.verdicts.map(({ payload }) => payload.verdict),
      ['NOT_INSPECTED', 'PASS'],
    );
    assert.deepEqual(node.alerts, []);
  });

  it('changes its rules by message, tells them, and judges the next frame by them', async () => {
    const node = await bench({ rules: '{"classes":{"dent":{"ignore":true}}}' });
    node.receive({ rules: { minConfidence: 0.95 } });
    node.receive({ payload: [detection(), detection({ label: 'dent', confidence: 0.99 })] });
    node.receive({ rules: 'reset' });
    node.receive({ payload: [detection()] });
    node.receive({ rules: { minConfidence: 'high' } });
    await node.verdictsSeen(4);
    await until(() => node.errors.length === 1, 'the catch node');
    assert.deepEqual(
      node.verdicts.map(({ topic }) => topic?.split('/').at(-1)),
      ['rules', 'verdict', 'rules', 'verdict'],
    );
    assert.deepEqual(
      node.verdicts.map(({ payload }) => payload.verdict),
      [undefined, 'PASS', undefined, 'FAIL'],
    );
    assert.match(
      String(node.errors[0]),
      /Expected a number between 0 and 1 for rules.minConfidence but received "high"/,
    );
  });

  it('starts its counters anew on request', async () => {
    const node = await bench();
    node.receive({ payload: [] });
    node.receive({ counters: 'reset' });
    node.receive({ payload: [] });
    await node.verdictsSeen(2);
    assert.equal((node.verdicts[1]?.payload.counters as { triggers: number }).triggers, 1);
  });

  it('sums up by itself what the rate limit held back', async () => {
    const node = await bench({ rules: '{"rateLimit":{"alerts":2,"perMs":300}}' });
    for (let i = 0; i < 20; i += 1) node.receive({ payload: [detection()] });
    await until(() => node.alerts.some(({ payload }) => payload.event === 'summary'), 'the summary');
    const held = node.alerts.reduce(
      (sum, { payload }) => sum + ((payload.heldBack as { alerts: number })?.alerts ?? 0),
      0,
    );
    const told = node.alerts.filter(({ payload }) => payload.event === 'raised').length;
    assert.equal(held + told, 20);
  });

  for (const [config, message] of [
    [{ station: 'a/b' }, /for station but received "a\/b"/],
    [{ topic: 'x/#' }, /for topic but received "x\/#"/],
    [{ minConfidence: 3 }, /minConfidence but received 3/],
    [{ rules: '{"zones":7}' }, /for rules.zones but received 7/],
    [{ goldenSamples: 'N-17' }, /a list of at most 50 entries for golden samples but received "N-17"/],
    [{ goldenSchedule: 'hours' }, /Expected a golden sample in the list for goldenSchedule but received "hours"/],
    [
      { goldenSamples: [{ name: 'G', verdict: 'PASS' }], goldenSchedule: 'times', goldenTimes: 'noon' },
      /times of the day such as 06:00, 14:00, 22:00 for goldenTimes but received "noon"/,
    ],
    [
      { goldenSamples: [{ name: 'G', verdict: 'PASS' }], rules: '{"events":{"mode":"stream"}}' },
      /Expected "part", as there are golden samples, for rules.events.mode but received "stream"/,
    ],
    [{ rules: '{oops' }, /Expected a JSON object for rules but received "{oops"/],
    [{ broker: 'none' }, /broker/],
  ] as const) {
    it(`refuses ${JSON.stringify(config)} on every message, with one sentence, and judges all the same`, async () => {
      const node = await bench(config);
      node.receive({ payload: [] });
      node.receive({ payload: [detection({ confidence: 0.99 })], inference: INFERENCE });
      node.receive({ notInspected: { reason: 'camera lost', detail: 'gone' }, payload: [] });
      await node.verdictsSeen(3);
      await until(() => node.errors.length >= 3, 'the catch node');
      for (const error of node.errors) assert.match(String(error), message);
      assert.deepEqual(
        node.verdicts.map(({ payload }) => payload.verdict),
        ['PASS', 'FAIL', 'NOT_INSPECTED'],
      );
      assert.equal(node.alerts.length, 1);
    });
  }

  describe('classes that the model before it does not have', () => {
    interface FakeNode {
      line?: { start(): Promise<{ classNames: string[] }> };
    }
    /** A model and a detector as far as the station sees them. */
    function line(RED: { nodes: { createNode(node: unknown, flow: unknown): void; registerType: unknown } }): void {
      const register = RED.nodes.registerType as (type: string, constructor: unknown) => void;
      register('inspection-model', function (this: FakeNode, flow: object) {
        RED.nodes.createNode(this, flow);
        this.line = {
          // a model takes its time; by then the test listens
          start: () => new Promise((resolve) => setTimeout(() => resolve({ classNames: ['scratch', 'dent'] }), 100)),
        };
      });
      register('yolo-int8-detect', function (this: FakeNode, flow: object) {
        RED.nodes.createNode(this, flow);
      });
    }
    const before = [
      { id: 'm', type: 'inspection-model', model: 'x' },
      { id: 'd', z: 'tab', type: 'yolo-int8-detect', model: 'm', wires: [['n']] },
    ];

    it('in the rules of the dialog: told, red, and every part is judged', async () => {
      const rules = '{"classes":{"scrach":{"ignore":true}}}';
      const node = await bench({ rules }, before, [line as never]);
      await until(() => node.errors.length === 1, 'the catch node');
      assert.match(
        String(node.errors[0]),
        /^Expected one of the model's classes \(scratch, dent\) for a class of the rules but received "scrach"$/,
      );
      node.receive({ payload: [detection()], inference: INFERENCE });
      await node.verdictsSeen(1);
      assert.equal(node.verdicts[0]?.payload.verdict, 'FAIL');
      assert.equal(node.alerts.length, 1);
      await until(() => node.statuses.at(-1)?.fill === 'red', 'the status');
    });

    it('in rules by message: refused, and the rules stay; what else is changed by message is taken', async () => {
      const node = await bench({ rules: '{"classes":{"scrach":{"ignore":true}}}' }, before, [line as never]);
      await until(() => node.errors.length === 1, 'the classes to be known');
      node.receive({ rules: { classes: { dint: { ignore: true } } } });
      node.receive({ rules: { debounce: { hits: 1, frames: 3 } } });
      node.receive({ rules: { classes: { dent: { ignore: true } }, debounce: { hits: 2 } } });
      node.receive({ payload: [detection({ label: 'dent' })], inference: INFERENCE });
      await until(() => node.verdicts.length === 3, 'the verdict');
      assert.match(String(node.errors[1]), /for a class of the rules but received "dint"$/);
      assert.equal(node.verdicts[2]?.payload.verdict, 'PASS');
      assert.equal(node.errors.length, 2);
    });
  });

  describe('golden samples', () => {
    const goldenSamples = [
      { name: 'G-1', verdict: 'PASS' },
      { name: 'N-17', verdict: 'FAIL', defects: [{ label: 'scratch', count: '', box: '' }] },
    ];

    it('announced by message: the next part is compared, the verdict comes first, then the result', async () => {
      const node = await bench({ goldenSamples });
      node.receive({ topic: 'golden', payload: 'N-17' });
      node.receive({ payload: [] });
      node.receive({ payload: [] });
      // how things stand at the start may be said before the test listens
      const order = () =>
        node.verdicts
          .map(({ topic, payload }) => `${topic?.split('/').at(-1)} ${(payload.event ?? payload.verdict) as string}`)
          .filter((text) => text !== 'golden state');
      await until(() => order().length === 4, 'four messages');
      assert.deepEqual(order().slice(0, 2), ['golden announced', 'verdict PASS']);
      assert.deepEqual(order().slice(2).sort(), ['golden wrong', 'verdict PASS']);
      const marked = node.verdicts.filter(({ payload }) => payload.golden !== undefined);
      assert.equal(marked.length, 1);
      assert.deepEqual(
        node.alerts.map(({ topic }) => topic),
        ['inspection/line-1/alert/golden'],
      );
      assertValid(schemas['golden-alert'], node.alerts[0]?.payload);
    });

    for (const payload of [[], [detection()], 7, null, 'N-18', { sample: 'N-18' }, { sample: 'N-17', minutes: 5 }]) {
      it(`refuses ${JSON.stringify(payload).slice(0, 40)}, and makes no part of it`, async () => {
        const node = await bench({ goldenSamples });
        node.receive({ topic: 'golden', payload });
        await until(() => node.errors.length === 1, 'the catch node');
        assert.match(String(node.errors[0]), /Expected .* for .* but received /);
        node.receive({ payload: [] });
        await until(() => node.verdicts.some(({ topic }) => topic?.endsWith('verdict')), 'the verdict');
        assert.equal((node.verdicts.at(-1)?.payload.counters as { triggers: number }).triggers, 1);
      });
    }

    it('says so when there are none', async () => {
      const node = await bench();
      node.receive({ topic: 'golden', payload: 'N-17' });
      await until(() => node.errors.length === 1, 'the catch node');
      assert.match(String(node.errors[0]), /Expected golden samples in the dialog of defect-alert/);
    });

    it('a frame that carries the topic of its trigger stays a frame', async () => {
      const node = await bench({ goldenSamples });
      node.receive({ topic: 'golden', payload: [], frame: FRAME });
      await until(() => node.verdicts.some(({ topic }) => topic?.endsWith('verdict')), 'the verdict');
      assert.deepEqual(node.errors, []);
    });
  });

  describe('with a user folder', () => {
    let userDir: string;
    before(() => {
      userDir = mkdtempSync(join(tmpdir(), 'alert-user-'));
      helper.settings({ userDir });
    });
    after(() => {
      helper.settings({});
      rmSync(userDir, { recursive: true, force: true });
    });

    it('judges by its outputs alone when the outbox cannot be opened, and says why on every message', async (t) => {
      // as on a card that became read-only: nothing can be made below the user folder
      writeFileSync(join(userDir, 'inspection'), 'a file where a folder should be');
      t.after(() => rmSync(join(userDir, 'inspection')));
      const broker = { id: 'b', type: 'mqtt-broker', broker: '127.0.0.1', port: '1', autoConnect: false };
      const node = await bench({ broker: 'b' }, [broker]);
      node.receive({ payload: [detection({ confidence: 0.99 })], inference: INFERENCE });
      await node.verdictsSeen(1);
      await until(() => node.errors.length >= 1, 'the catch node');
      assert.equal(node.verdicts[0]?.payload.verdict, 'FAIL');
      assert.equal(node.alerts.length, 1);
      assert.match(String(node.errors.at(-1)), /ENOTDIR|EEXIST/);
    });

    it('remembers changed rules and counters over a restart, until other rules are deployed', async () => {
      const first = await bench();
      first.receive({ rules: { minConfidence: 0.95 } });
      first.receive({ payload: [detection()] });
      await first.verdictsSeen(2);
      await helper.unload();
      const second = await bench();
      second.receive({ payload: [detection()] });
      await second.verdictsSeen(1);
      assert.equal(second.verdicts[0]?.payload.verdict, 'PASS');
      assert.equal((second.verdicts[0]?.payload.counters as { triggers: number }).triggers, 2);
      await helper.unload();
      const third = await bench({ minConfidence: 0.5 });
      third.receive({ payload: [detection()] });
      await third.verdictsSeen(1);
      assert.equal(third.verdicts[0]?.payload.verdict, 'FAIL');
    });

    it('keeps the picture of an alert and gives it out, and nothing else', async () => {
      const node = await bench({ evidence: true });
      const image = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(500)]);
      node.receive({ payload: [detection()], frame: FRAME, image });
      await until(() => node.alerts.length === 1, 'the alert');
      assertValid(schemas['defect-alert'], node.alerts[0]?.payload);
      const { url } = node.alerts[0]?.payload.evidence as { url: string };
      assert.match(url, /^\/inspection\/evidence\/n\/\d{8}T\d{9}Z-[0-9a-f-]{36}\.jpg$/);
      const server = helper.request();
      await until(
        () => readdirSync(join(userDir, 'inspection', 'defect-alert', 'n', 'evidence')).length > 0,
        'the file',
      );
      const response = await server.get(url).expect(200);
      assert.equal(response.headers['content-type'], 'image/jpeg');
      assert.equal(response.headers['x-content-type-options'], 'nosniff');
      assert.deepEqual(response.body, image);
      for (const path of [
        'x/y.jpg',
        'n/..%2fstate.json',
        'n/%2e%2e%2fstate.json',
        'n/state.json',
        'n/.',
        `n/${'a'.repeat(2000)}`,
      ]) {
        await server.get(`/inspection/evidence/${path}`).expect(404);
      }
    });

    it('writes one line per part', async () => {
      const node = await bench({ log: 'csv' });
      node.receive({ payload: [detection()] });
      node.receive({ payload: 'cat' });
      await node.verdictsSeen(2);
      const path = join(userDir, 'inspection', 'defect-alert', 'n', 'verdicts.csv');
      await until(() => existsSync(path) && readFileSync(path, 'utf8').split('\r\n').length === 4, 'two lines');
      assert.match(readFileSync(path, 'utf8'), /,FAIL,[\s\S]*,NOT_INSPECTED,bad message,/);
    });
  });

  for (const name of ['#', '+', 'a/b', 'a\nb', '🔥', '<script>', 'x'.repeat(65_536)]) {
    it(`never lets ${JSON.stringify(name).slice(0, 14)} into a topic`, async () => {
      const node = await bench();
      const hostile = detection({ label: name });
      node.receive({ payload: [hostile], frame: { ...FRAME, id: name, source: name }, topic: name, station: name });
      await until(() => node.alerts.length === 1 && node.verdicts.length === 1, 'alert and verdict');
      assert.equal(node.alerts[0]?.topic, 'inspection/line-1/alert');
      assert.equal(node.verdicts[0]?.topic, 'inspection/line-1/verdict');
      assertValid(schemas['defect-alert'], node.alerts[0]?.payload);
      assertValid(schemas['inspection-verdict'], node.verdicts[0]?.payload);
      assert.doesNotMatch(JSON.stringify(node.alerts[0]?.payload), /<script|\\n/);
    });
  }
});
