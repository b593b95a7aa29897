import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { join } from 'node:path';
import helper from 'node-red-node-test-helper';
import { detection, FRAME, INFERENCE } from '../alert/fixtures';
import { assertValid, shippedSchemas } from '../alert/schemas';

// eslint-disable-next-line @typescript-eslint/no-require-imports
const defectAlert = require(join(process.cwd(), 'dist', 'nodes', 'defect-alert.js')) as never;
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
  /** Waits until the verdict output has seen this many messages. */
  verdictsSeen(count: number): Promise<void>;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const endMs = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`waited 10 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function bench(config: object = {}): Promise<Bench> {
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
  ];
  await helper.load(defectAlert, flow as never);
  const seen: Bench = {
    receive: (message) => helper.getNode('n').receive(message as never),
    alerts: [],
    verdicts: [],
    errors: [],
    verdictsSeen: (count) => until(() => seen.verdicts.length >= count, `${count} verdicts`),
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

  it('answers a message that is no detection list with done(err) and NOT_INSPECTED, and goes on', async () => {
    const node = await bench();
    node.receive({ payload: 'cat' });
    node.receive({ payload: [] });
    await node.verdictsSeen(2);
    await until(() => node.errors.length === 1, 'the catch node');
    assert.match(String(node.errors[0]), /Expected a list of detections for msg.payload but received "cat"$/);
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
    [{ rules: '{oops' }, /Expected an object for rules but received "{oops"/],
  ] as const) {
    it(`refuses ${JSON.stringify(config)} on every message, with one sentence`, async () => {
      const node = await bench(config);
      node.receive({ payload: [] });
      await until(() => node.errors.length >= 1, 'the catch node');
      assert.match(String(node.errors.at(-1)), message);
      assert.deepEqual(node.verdicts, []);
    });
  }
});
