import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import helper from 'node-red-node-test-helper';
import { SlotStore } from '../../src/model/slots/store';
import type { DisputedRecord } from '../../src/shadow/evidence/disputed-record';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { assertFits } from '../helpers/fits-schema';
import { until } from '../helpers/until';
import { colouredPicture, writeTinyFolder } from '../shadow/tiny-folder';

const NODES = ['inspection-model', 'yolo-int8-detect', 'nms', 'model-shadow'].map(
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  (name) => require(join(process.cwd(), 'dist', 'nodes', name, `${name}.js`)) as never,
);

interface Answer {
  frame: { id: string };
  inference?: { model: { name: string } };
  notInspected?: { reason: string };
}

let root: string;
let station: string;
let store: SlotStore;
let reports: ShadowReport[];
let disputed: { payload: DisputedRecord; image: Buffer }[];
let answers: Answer[];
let errors: string[];
let sent: number;

const on = (id: string, see: (message: never) => void) =>
  helper.getNode(id).on('input', (message: unknown) => see(message as never));

/** A whole line: detector, nms, and the shadow behind it. */
async function load(shadow: object, model = station): Promise<void> {
  const flow = [
    { id: 'tab', type: 'tab', label: 'test' },
    {
      id: 'n-model',
      type: 'inspection-model',
      model,
      threads: 1,
      overload: 'every',
      queueLimit: 2,
      watchdogSeconds: 10,
    },
    { id: 'n-detect', z: 'tab', type: 'yolo-int8-detect', model: 'n-model', confidence: 0.25, wires: [['n-nms']] },
    {
      id: 'n-nms',
      z: 'tab',
      type: 'nms',
      iou: 0.45,
      maxDetections: 300,
      classAware: true,
      wires: [['n-shadow', 'n-line']],
    },
    { id: 'n-line', z: 'tab', type: 'helper' },
    {
      id: 'n-shadow',
      z: 'tab',
      type: 'model-shadow',
      model: 'n-model',
      sample: 1,
      threshold: 0.1,
      evidence: join(root, 'disputed'),
      ...shadow,
      wires: [['n-reports'], ['n-disputed']],
    },
    { id: 'n-reports', z: 'tab', type: 'helper' },
    { id: 'n-disputed', z: 'tab', type: 'helper' },
    { id: 'n-catch', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['n-errors']] },
    { id: 'n-errors', z: 'tab', type: 'helper' },
  ];
  await helper.load(NODES, flow);
  on('n-line', (message: Answer) => answers.push(message));
  on('n-reports', ({ payload }: { payload: ShadowReport }) => reports.push(payload));
  on('n-disputed', (message: (typeof disputed)[number]) => disputed.push(message));
  on('n-errors', ({ error }: { error: { message: string } }) => errors.push(error.message.replace(/^\w*Error: /, '')));
}

const last = () => reports.at(-1);
const phaseIs = (phase: string) => until(`the phase is ${phase}`, () => last()?.phase === phase, 60_000);
const command = (topic: string, payload: unknown = '') => helper.getNode('n-shadow').receive({ topic, payload });

/** Sends frames into the line, pauseMs apart or each after the answer to the one before. */
async function run(count: number, pauseMs?: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const { image } = await colouredPicture(sent++);
    const expected = answers.length + 1;
    helper.getNode('n-detect').receive({ payload: image, topic: 'camera' });
    if (pauseMs === undefined) {
      await until('an answer', () => answers.length >= expected);
      // idle for a moment, so that the shadow gets its turn
      await pause(25);
    } else await pause(pauseMs);
  }
  await until('all answers', () => answers.length === sent);
}

describe('model-shadow node', () => {
  before(() => new Promise<void>((resolve) => helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => helper.stopServer(resolve)));
  beforeEach(async () => {
    [reports, disputed, answers, errors, sent] = [[], [], [], [], 0];
    root = mkdtempSync(join(tmpdir(), 'model-shadow-'));
    station = join(root, 'station');
    store = new SlotStore(station);
    await store.init(writeTinyFolder(join(root, 'old'), 'old'));
    writeTinyFolder(join(root, 'models', 'new'), 'new', { ballastChannels: 1 });
    writeTinyFolder(join(root, 'models', 'blind'), 'blind', { blind: [2] });
    writeTinyFolder(join(root, 'models', 'cats'), 'cats', { names: ['cat', 'dog', 'cow'] });
  });
  afterEach(async () => {
    await helper.unload();
    rmSync(root, { recursive: true, force: true });
  });

  it('pauses a candidate that is blind to one class, names it, hands on the disputed frames, and promotes it with a reason only', async () => {
    await load({ candidate: join(root, 'models', 'blind') });
    await phaseIs('shadow');
    for (let frames = 0; last()?.phase === 'shadow' && frames < 100; frames += 5) await run(5);
    await phaseIs('paused');
    const decision = reports.find(({ event }) => event === 'decision');
    assert.equal(decision?.label, 'blue');
    assert.equal(decision?.candidate?.name, 'blind');
    assert.ok(disputed.length > 0 && Buffer.isBuffer(disputed[0]?.image));
    for (const report of reports) assertFits('shadow-report', report);
    for (const { payload } of disputed) assertFits('disputed-record', payload);
    assert.ok(disputed.every(({ payload }) => payload.missed.every(({ label }) => label === 'blue')));
    assert.equal((await store.state()).slots.b.role, 'candidate');
    assert.deepEqual(errors, []);
    command('promote');
    await until('a refusal', () => errors.length === 1);
    assert.match(errors[0] ?? '', /^Expected a reason for promote but received/);
    command('promote', 'blue is no defect here');
    await phaseIs('promoted');
    assert.equal((await store.journal()).at(-1)?.reason, 'blue is no defect here');
  });

  it('swaps under load: at 10 frames per second every frame is answered once, by the old model or the new one', async () => {
    await load({ candidate: join(root, 'models', 'new'), windowMinutes: 15 });
    await phaseIs('shadow');
    const line = run(40, 100);
    await until('some frames', () => sent >= 10);
    command('promote', 'by the shift leader');
    await line;
    await phaseIs('promoted');
    assert.equal(new Set(answers.map(({ frame }) => frame.id)).size, 40);
    const names = answers.map(({ inference, notInspected }) => inference?.model.name ?? notInspected?.reason);
    assert.deepEqual(new Set(names), new Set(['old', 'new']));
    assert.deepEqual([...names].sort().reverse(), names, 'the models took turns');
    assert.equal((await store.state()).pointer?.state, 'trial');
    assert.equal((await store.journal()).at(-1)?.reason, 'by the shift leader');
    command('confirm');
    await phaseIs('confirmed');
    command('revert');
    await phaseIs('reverted');
    await run(3);
    assert.equal(answers.at(-1)?.inference?.model.name, 'old');
    assert.deepEqual(errors, []);
  });

  it('answers status, and takes commands from the editor', async () => {
    await load({ candidate: join(root, 'models', 'new') });
    await phaseIs('shadow');
    command('status');
    await until('a report', () => last()?.event === 'status');
    await helper.request().post('/model-shadow/n-shadow/reject').expect(200);
    assert.equal(last()?.phase, 'rejected');
    assert.equal((await store.journal()).at(-1)?.reason, 'model-shadow.reason.editor');
    const { body } = (await helper.request().post('/model-shadow/n-shadow/promote').expect(400)) as { body: unknown };
    assert.match((body as { error: string }).error, /^Expected a reason for promote but received/);
    await helper.request().post('/model-shadow/n-shadow/explode').expect(400);
    await helper.request().post('/model-shadow/n-model/promote').expect(404);
    const report = await helper.request().get('/model-shadow/n-shadow').expect(200);
    assert.equal((report.body as ShadowReport).phase, 'rejected');
    await helper.request().post('/model-shadow/n-shadow/promote').send({ reason: 'the labels were wrong' }).expect(200);
    assert.equal((await store.journal()).at(-1)?.reason, 'the labels were wrong');
  });

  it('begins anew with a candidate by message, inside the models folder only', async () => {
    await load({ modelsFolder: join(root, 'models') });
    await phaseIs('idle');
    for (const path of ['../old', '/etc', '', 7]) command('candidate', path);
    await until('four refusals', () => errors.length === 4);
    // the four are refused in any order; each sentence ends with the value it is about
    for (const received of ['"../old"', '"/etc"', '""', '7']) {
      const about = errors.filter((error) => error.endsWith(` but received ${received}`));
      assert.equal(about.length, 1, `${received}: ${errors.join(' | ')}`);
    }
    assert.ok(
      errors.some((error) =>
        /^Expected a path inside the models folder .* for the candidate but received "\.\.\/old"$/.test(error),
      ),
      errors.join(' | '),
    );
    command('candidate', 'cats');
    await until('a refusal', () => errors.length === 5);
    assert.match(
      errors[4] ?? '',
      /^Expected the classes red, green, blue for the candidate but received "cat, dog, cow"$/,
    );
    await run(2);
    command('candidate', 'new');
    await phaseIs('shadow');
    assert.equal(last()?.candidate?.name, 'new');
  });

  it('compares a frame that comes straight from the camera, by the answer of the line', async () => {
    await load({ candidate: join(root, 'models', 'new') });
    await phaseIs('shadow');
    const { image } = await colouredPicture(1);
    const frame = { id: 'camera frame 1' };
    helper.getNode('n-shadow').receive({ payload: image, frame });
    helper.getNode('n-detect').receive({ payload: image, frame });
    await until('an answer', () => answers.length === 1);
    for (let tries = 0; tries < 200 && last()?.event !== 'status'; tries++) {
      await pause(50);
      const { body } = (await helper.request().post('/model-shadow/n-shadow/status').expect(200)) as { body: unknown };
      if (((body as ShadowReport | null)?.frames ?? 0) > 0) break;
      reports.pop();
    }
    const { body } = (await helper.request().post('/model-shadow/n-shadow/status').expect(200)) as { body: unknown };
    assert.ok((body as ShadowReport).frames >= 1);
  });

  it('works beside a plain model: a promotion then holds until the next restart, and the report says so', async () => {
    await load({ candidate: join(root, 'models', 'new') }, join(root, 'old'));
    await phaseIs('shadow');
    command('promote');
    await phaseIs('promoted');
    assert.equal(last()?.persistent, false);
    await run(2);
    assert.equal(answers.at(-1)?.inference?.model.name, 'new');
  });

  const wrong: [object, RegExp][] = [
    [{ sample: 2 }, /^Expected a number between 0 and 1 for sample but received 2$/],
    [{ threshold: 'much' }, /^Expected a number between 0 and 1 for threshold but received "much"$/],
    [{ candidate: 'nowhere' }, /for model but received "nowhere"$/],
    [{ model: '' }, /^Expected an inspection-model for model but received "nothing"$/],
    [{ automatic: 'yes' }, /^Expected true or false for automatic but received "yes"$/],
    [{ publicKey: 'none.pem' }, /^Expected a PEM file that can be read for publicKey but received "none\.pem"$/],
  ];
  for (const [properties, message] of wrong) {
    it(`refuses ${JSON.stringify(properties)} on every message, and the line goes on`, async () => {
      await load(properties);
      await run(1);
      await until('the error', () => errors.length > 0);
      assert.match(errors.at(-1) ?? '', message);
      assert.equal(answers[0]?.inference?.model.name, 'old');
    });
  }

  const badMessages: [object, RegExp][] = [
    [{ topic: 'explode' }, /^Expected one of canary, promote, .*, or a message with a frame, for msg\.topic/],
    [{ payload: [{ label: 'x' }], image: Buffer.from('x') }, /^Expected an array of detections/],
    [{ payload: [] }, /^Expected a Buffer with the picture for msg\.image but received undefined$/],
    [{ payload: Buffer.from('x') }, /^Expected detections with their picture, or a picture with msg\.frame,/],
  ];
  for (const [message, error] of badMessages) {
    it(`refuses the message ${JSON.stringify(message).slice(0, 60)}`, async () => {
      await load({ candidate: '' });
      helper.getNode('n-shadow').receive(message as never);
      await until('the error', () => errors.length > 0);
      assert.match(errors[0] ?? '', error);
    });
  }
});
