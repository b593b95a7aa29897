import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import sharp from 'sharp';
import inspectionModel from '../../nodes/inspection-model/inspection-model';
import type { InspectionModelNode } from '../../nodes/inspection-model/inspection-model-node';
import type { InspectionMessage } from '../../nodes/shared/messages';
import yolo from '../../nodes/yolo-int8-detect/yolo-int8-detect';
import { resolveModelPath } from '../../src/model/resolve';
import type { Detection } from '../../src/contract/detection';
import { deployFlow, type DeployedFlow } from '../helpers/flow';
import { isAlive } from '../helpers/until';
import { TINY_SIZE, writeTinyModel } from '../helpers/tiny-model';
import { waitFor } from '../helpers/wait-for';

const folder = mkdtempSync(join(tmpdir(), 'yolo-node-'));
const MODEL = writeTinyModel(join(folder, 'tiny.onnx'));

/** A grey picture with a pure green square where the tiny model looks. */
async function greenSquare(): Promise<Buffer> {
  const square = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#00ff00' } })
    .png()
    .toBuffer();
  return sharp({ create: { width: TINY_SIZE, height: TINY_SIZE, channels: 3, background: '#808080' } })
    .composite([{ input: square, left: 16, top: 32 }])
    .png()
    .toBuffer();
}

async function deploy(config: object = {}, model: object = {}): Promise<DeployedFlow<InspectionMessage>> {
  return deployFlow<InspectionMessage>(
    [inspectionModel, yolo],
    [
      { id: 'model', type: 'inspection-model', model: MODEL, threads: 1, ...model },
      { id: 'yolo', type: 'yolo-int8-detect', model: 'model', confidence: 0.25, wires: [['out']], ...config },
    ],
  );
}

const detectorPid = (flow: DeployedFlow<unknown>): number | undefined =>
  (flow.node('model') as InspectionModelNode).detector?.stats().pid;

describe('node yolo-int8-detect', () => {
  let image: Buffer;
  before(async () => {
    image = await greenSquare();
    await new Promise<void>((resolve) => void helper.startServer(resolve));
  });
  after(async () => {
    await new Promise<void>((resolve) => void helper.stopServer(resolve));
    rmSync(folder, { recursive: true });
  });
  afterEach(() => helper.unload());

  it('a topic that is no text costs no picture its answer', async () => {
    const flow = await deploy({}, { overload: 'every' });
    const topics = [{ line: 1 }, Object.create(null) as object, { toString: 1 }, ['a'], Symbol('x'), 7, ''];
    for (const topic of topics) flow.node('yolo').receive({ payload: image, topic } as never);
    const messages = await waitFor('every answer', () => flow.messages.length === topics.length && flow.messages);
    assert.ok(messages.every(({ notInspected }) => notInspected === undefined));
    const sources = messages.map(({ frame }) => frame?.source);
    assert.deepEqual(sources.sort(), ['7', ...Array<string>(6).fill('message')]);
    assert.deepEqual(flow.errors, []);
  });

  it('answers `self-test failed`, shows it in red and tells it once when the model is not what it was certified as', async () => {
    const broken = join(folder, 'broken');
    cpSync(resolveModelPath('pcb-defects', []), broken, { recursive: true });
    const file = join(broken, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as { classNames: string[] };
    manifest.classNames.reverse();
    writeFileSync(file, JSON.stringify(manifest));
    writeFileSync(join(broken, 'class_names.txt'), manifest.classNames.join('\n'));
    const flow = await deploy({}, { model: broken, overload: 'every' });
    const shown: unknown[] = [];
    flow.node('yolo').status = (status) => void shown.push(status);
    for (let i = 0; i < 3; i++) flow.node('yolo').receive({ payload: image, topic: 'bench', frame: undefined });
    const messages = await waitFor('three answers', () => flow.messages.length === 3 && flow.messages);
    for (const { notInspected } of messages) {
      assert.equal(notInspected?.reason, 'self-test failed');
      assert.match(notInspected.detail, /^The model failed its self-test: on golden picture 1 it does not see/);
    }
    const { fill, text } = shown.at(-1) as { fill: string; text: string };
    assert.equal(fill, 'red');
    // without a catalogue a key stands for its words, cut like any status; both say 'self-test failed'
    assert.match(text, /^(yolo-int8-detect\.st|inspection\.status\.s)…?/);
    await waitFor('the error', () => flow.errors.length > 0);
    assert.deepEqual(flow.errors, [messages[0]?.notInspected?.detail]);
  });

  it('answers a picture with detections, the picture, and a record of who looked at it', async () => {
    const flow = await deploy();
    flow.node('yolo').receive({ payload: image, topic: 'bench', frame: undefined, extra: 'kept' });
    const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
    const detections = message?.payload as Detection[];
    assert.deepEqual(
      detections.map(({ label, classId, box }) => ({ label, classId, box })),
      [{ label: 'green', classId: 1, box: { x: 16, y: 32, width: 16, height: 16 } }],
    );
    assert.equal(message?.image, image);
    const { model, latencyMs, threads, thresholds } = message?.inference ?? assert.fail();
    assert.equal(model.name, 'tiny');
    assert.match(model.sha256, /^[0-9a-f]{64}$/);
    assert.equal(model.precision, 'fp32');
    for (const key of ['queue', 'decode', 'infer', 'total'] as const) assert.ok(latencyMs[key] >= 0, key);
    assert.ok(latencyMs.total >= latencyMs.infer);
    assert.equal(threads, 1);
    assert.equal(thresholds.confidence, 0.25);
    const { frame } = message ?? assert.fail();
    assert.deepEqual([frame?.source, frame?.width, frame?.height, frame?.format], ['bench', 64, 64, 'png']);
    assert.ok(Number.isInteger(frame?.seq));
    assert.match(frame?.capturedAt ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal((message as unknown as { extra: string }).extra, 'kept');
    assert.deepEqual(flow.errors, []);
  });

  it('keeps the frame that the camera described', async () => {
    const flow = await deploy();
    const frame = {
      id: 'f-1',
      seq: 41,
      source: 'cam',
      capturedAt: '2026-01-01T00:00:00.000Z',
      width: 64,
      height: 64,
      format: 'png',
    };
    flow.node('yolo').receive({ payload: image, frame });
    const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
    assert.deepEqual(message?.frame, frame);
  });

  it('takes msg.confidence for one picture, and refuses a wrong one', async () => {
    const flow = await deploy();
    flow.node('yolo').receive({ payload: image, confidence: 1 });
    flow.node('yolo').receive({ payload: image, confidence: 'high' });
    await waitFor('two answers', () => flow.messages.length === 2);
    const [strict, wrong] = [...flow.messages].sort((a) => (a.notInspected ? 1 : -1));
    assert.deepEqual(strict?.payload, []);
    assert.equal(strict?.inference?.thresholds.confidence, 1);
    assert.equal(wrong?.notInspected?.reason, 'bad message');
    assert.deepEqual(flow.errors, ['Expected a number between 0 and 1 for msg.confidence but received "high"']);
  });

  it('records the threshold that the model brought along where none is set', async () => {
    const flow = await deploy({ confidence: '' });
    flow.node('yolo').receive({ payload: image });
    const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
    // a bare model says none: the default
    assert.equal(message?.inference?.thresholds.confidence, 0.25);
  });

  it('a model that takes the latest leaves out no frame of a camera that wants every one, and counts the others', async () => {
    const flow = await deploy();
    const { detector } = flow.node('model') as InspectionModelNode;
    await detector?.start();
    const send = (source: string, overload?: string) => {
      for (let seq = 0; seq < 12; seq += 1) {
        const frame = { id: `${source} ${seq}`, seq, source, ...(overload ? { overload } : {}) };
        flow.node('yolo').receive({ payload: image, frame });
      }
    };
    send('latest camera');
    send('every camera', 'every');
    await waitFor('24 answers', () => flow.messages.length === 24);
    const lost = flow.messages.filter((message) => message.notInspected);
    assert.ok(lost.length > 0, 'the line was long enough to test this');
    for (const { frame, notInspected } of lost) {
      assert.deepEqual([frame?.source, notInspected?.reason], ['latest camera', 'dropped by overload']);
    }
    const { offered, inspected, notInspected } = detector?.stats() ?? assert.fail();
    assert.deepEqual([offered, inspected, notInspected], [24, 24 - lost.length, lost.length]);
  });

  it('frames that give way while the model is loading do not blame the detector, and are no error', async () => {
    const flow = await deploy();
    for (let seq = 0; seq < 6; seq += 1) flow.node('yolo').receive({ payload: image, topic: 'camera' });
    await waitFor('6 answers', () => flow.messages.length === 6);
    const lost = flow.messages.filter((message) => message.notInspected);
    assert.ok(lost.length > 0, 'the line was long enough to test this');
    for (const { notInspected } of lost) {
      assert.deepEqual(notInspected, { reason: 'model not available', detail: 'The model is still loading' });
    }
    assert.deepEqual(flow.errors, []);
  });

  const badPayloads: [string, unknown, string, RegExp][] = [
    [
      'a string',
      'hello',
      'bad message',
      /^Expected a Buffer with an encoded picture for msg\.payload but received "hello"$/,
    ],
    ['nothing', undefined, 'bad message', /^Expected a Buffer .* but received undefined$/],
    [
      '0 bytes',
      Buffer.alloc(0),
      'bad image',
      /^Expected a Buffer with an encoded picture for the image but received a Buffer of 0 bytes$/,
    ],
    ['text bytes', Buffer.from('not a picture'), 'bad image', /^Expected a JPEG, PNG, WebP, TIFF or BMP picture/],
  ];
  for (const [name, payload, reason, sentence] of badPayloads) {
    it(`${name}: a clear error, the message goes on as not inspected, the next picture is inspected`, async () => {
      const flow = await deploy();
      flow.node('yolo').receive({ payload });
      flow.node('yolo').receive({ payload: image });
      await waitFor('two answers', () => flow.messages.length === 2);
      const bad = flow.messages.find((message) => message.notInspected);
      assert.equal(bad?.notInspected?.reason, reason);
      assert.deepEqual(bad?.payload, []);
      assert.equal(flow.errors.length, 1);
      assert.match(flow.errors[0] as string, sentence);
      const good = flow.messages.find((message) => !message.notInspected);
      assert.equal((good?.payload as Detection[]).length, 1);
    });
  }

  it('passes on what was not inspected before, without an error of its own', async () => {
    const flow = await deploy();
    const notInspected = { reason: 'camera lost', detail: 'unplugged' };
    flow.node('yolo').receive({ payload: Buffer.alloc(0), notInspected });
    const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
    assert.deepEqual(message?.notInspected, notInspected);
    assert.deepEqual(message?.payload, []);
    assert.deepEqual(flow.errors, []);
  });

  const badModels: [string, () => object, RegExp][] = [
    [
      'a missing model file',
      () => ({ model: join(folder, 'none.onnx') }),
      /Expected the path of an \.onnx file or a model folder that exists/,
    ],
    [
      'a text file named .onnx',
      () => {
        writeFileSync(join(folder, 'text.onnx'), 'hello');
        return { model: join(folder, 'text.onnx') };
      },
      /Expected an ONNX model file/,
    ],
    [
      'no such shipped model',
      () => ({ model: 'no-such-model' }),
      /Expected the path .* for model but received "no-such-model"/,
    ],
    [
      'threads that are none',
      () => ({ threads: 'many' }),
      /Expected a whole number between 0 and 64 for threads but received "many"/,
    ],
  ];
  for (const [name, model, sentence] of badModels) {
    it(`${name}: every picture is answered "model not available" with the reason`, async () => {
      const flow = await deploy({}, model());
      flow.node('yolo').receive({ payload: image });
      const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
      assert.equal(message?.notInspected?.reason, 'model not available');
      assert.match(message?.notInspected?.detail ?? '', sentence);
      const error = await waitFor('the error', () => flow.errors.find((text) => sentence.test(text)));
      assert.match(error, sentence);
    });
  }

  it('without a config node, or with a wrong property: says so, and still answers', async () => {
    for (const config of [{ model: 'gone' }, { model: '' }]) {
      const flow = await deploy(config);
      flow.node('yolo').receive({ payload: image });
      const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
      assert.equal(message?.notInspected?.reason, 'model not available');
      await helper.unload();
    }
  });

  it('a wrong confidence property refuses every picture with the sentence', async () => {
    const flow = await deploy({ confidence: 7 });
    flow.node('yolo').receive({ payload: image });
    const [message] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
    assert.equal(message?.notInspected?.reason, 'bad message');
    assert.match(
      message?.notInspected?.detail ?? '',
      /^Expected a number between 0 and 1 for confidence but received 7$/,
    );
  });

  it('one detector process per model, however many nodes and early messages; gone after a redeploy', async () => {
    const flow = await deployFlow<InspectionMessage>(
      [inspectionModel, yolo],
      [
        { id: 'model', type: 'inspection-model', model: MODEL, threads: 1, overload: 'every' },
        { id: 'yolo', type: 'yolo-int8-detect', model: 'model', confidence: 0.25, wires: [['out']] },
        { id: 'yolo2', type: 'yolo-int8-detect', model: 'model', confidence: 0.25, wires: [['out']] },
      ],
    );
    for (const id of ['yolo', 'yolo2', 'yolo', 'yolo2']) flow.node(id).receive({ payload: image });
    await waitFor('four answers', () => flow.messages.length === 4);
    assert.ok(flow.messages.every((message) => !message.notInspected));
    const { detector } = flow.node('model') as InspectionModelNode;
    assert.equal(detector?.stats().restarts, 0);
    assert.equal(detector?.stats().inspected, 4);
    const pid = detectorPid(flow) as number;
    assert.ok(isAlive(pid));
    await helper.unload();
    await waitFor('the process to end', () => !isAlive(pid));
  });

  it('goes on after its detector was killed', async () => {
    const flow = await deploy();
    const pid = await waitFor('the detector', () => detectorPid(flow));
    flow.node('yolo').receive({ payload: image });
    await waitFor('the first answer', () => flow.messages.length === 1);
    process.kill(pid, 'SIGKILL');
    await waitFor('another process', () => detectorPid(flow) !== undefined && detectorPid(flow) !== pid);
    flow.node('yolo').receive({ payload: image });
    await waitFor('the second answer', () => flow.messages.length === 2);
    assert.equal((flow.messages[1]?.payload as Detection[]).length, 1);
  });
});
