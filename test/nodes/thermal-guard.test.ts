import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import defectAlert from '../../nodes/defect-alert/defect-alert';
import inspectionModel from '../../nodes/inspection-model/inspection-model';
import type { InspectionModelNode } from '../../nodes/inspection-model/inspection-model-node';
import nms from '../../nodes/nms/nms';
import thermalGuard from '../../nodes/thermal-guard/thermal-guard';
import yoloDetect from '../../nodes/yolo-int8-detect/yolo-int8-detect';
import type { StateMessage } from '../../src/station/state-message';
import { station } from '../../nodes/shared/station';
import { assertFits } from '../helpers/fits-schema';
import { TINY_SIZE, writeTinyModel } from '../helpers/tiny-model';
import { until } from '../helpers/until';

// a core node, without declarations
// eslint-disable-next-line @typescript-eslint/no-require-imports
const catchNode = require('@node-red/nodes/core/common/25-catch.js') as typeof thermalGuard;

interface Verdict {
  verdict: string;
  reason?: string;
  thermal: { state: string; tempC: number } | null;
  frame: { id: string };
}

type Loose = Record<string, unknown>;

/** A picture of one colour: red is a defect for the tiny model, white is none. */
function picture(isRed: boolean): Buffer {
  const pixels = Buffer.alloc(TINY_SIZE * TINY_SIZE * 3, 255);
  if (isRed) for (let i = 0; i < pixels.length; i++) pixels[i] = i % 3 === 0 ? 255 : 0;
  return pixels;
}

describe('node thermal-guard', () => {
  const folder = mkdtempSync(join(tmpdir(), 'thermal-guard-'));
  const sensor = join(folder, 'temp');
  let pump: NodeJS.Timeout | undefined;

  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(async () => {
    await new Promise<void>((resolve) => void helper.stopServer(resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    clearInterval(pump);
    await helper.unload();
  });

  /** Whole or not at all, as sysfs does it: a reader never sees a half-written file. */
  function heat(text: string): void {
    writeFileSync(`${sensor}.new`, text);
    renameSync(`${sensor}.new`, sensor);
  }

  /** guard → [detect → nms → alert], the guard's states, and what a Catch node sees. */
  async function deploy(config: Loose, isLine: boolean) {
    const model = {
      id: 'model',
      type: 'inspection-model',
      model: writeTinyModel(join(folder, 'tiny.onnx')),
      threads: 4,
    };
    const line = [
      { id: 'detect', z: 'tab', type: 'yolo-int8-detect', model: 'model', confidence: 0.5, wires: [['suppress']] },
      { id: 'suppress', z: 'tab', type: 'nms', iou: 0.45, maxDetections: 300, classAware: true, wires: [['alert']] },
      { id: 'alert', z: 'tab', type: 'defect-alert', station: 'line-1', minConfidence: 0.5, wires: [[], ['out']] },
      { ...model, overload: 'every' },
    ];
    const flow = [
      { id: 'tab', type: 'tab' },
      {
        id: 'guard',
        z: 'tab',
        type: 'thermal-guard',
        soft: 75,
        hard: 82,
        sensor,
        wires: [[isLine ? 'detect' : 'out'], ['states']],
        ...config,
      },
      ...(isLine ? line : []),
      { id: 'out', z: 'tab', type: 'helper' },
      { id: 'states', z: 'tab', type: 'helper' },
      { id: 'n-catch', z: 'tab', type: 'catch', scope: null, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper' },
    ];
    await helper.load([thermalGuard, inspectionModel, yoloDetect, nms, defectAlert, catchNode], flow);
    const out: Loose[] = [];
    const states: StateMessage[] = [];
    const errors: string[] = [];
    helper.getNode('out').on('input', (message) => out.push(message));
    helper.getNode('states').on('input', ({ payload }) => states.push(payload as StateMessage));
    helper
      .getNode('caught')
      .on('input', (message) =>
        errors.push(
          (message as unknown as { error: { message: string } }).error.message.replace(/^InspectionError: /, ''),
        ),
      );
    return { guard: helper.getNode('guard'), out, states, errors };
  }

  it('a topic that is no text costs no frame: it goes on like any other', async () => {
    const { guard, out } = await deploy({}, false);
    const topics = [{ line: 1 }, Object.create(null) as object, { toString: 1 }, Symbol('x')];
    for (const topic of topics) guard.receive({ payload: picture(false), topic } as never);
    await until('every frame has gone on', () => out.length === topics.length);
    assert.ok(out.every(({ notInspected }) => notInspected === undefined));
  });

  it('heated and cooled: rate, threads and shadow follow, messages say so, every frame has its verdict', async () => {
    heat('50000');
    // a board that reacts in seconds, or the test would take an hour
    const { guard, out, states, errors } = await deploy({ reaction: 6, interval: 1, model: 'model' }, true);
    const { detector } = helper.getNode('model') as unknown as InspectionModelNode;
    assert.ok(detector);
    await detector.start();
    let sent = 0;
    pump = setInterval(() => {
      const frame = { source: 'camera', format: 'rgb24', width: TINY_SIZE, height: TINY_SIZE };
      guard.receive({ payload: picture(sent % 4 === 0), frame });
      sent += 1;
    }, 50);
    const verdicts = () => out.map(({ payload }) => payload as Verdict);
    const level = () => station.scheduler.condition?.state;

    await until('frames are inspected on a cool board', () => verdicts().length > 20);
    assert.ok(verdicts().every(({ verdict }) => verdict !== 'NOT_INSPECTED'));
    assert.equal(detector.stats().threads, 4);

    heat('72000');
    await until('the trend is known', () => station.scheduler.condition?.tempC === 72);
    heat('79000');
    await until('the threads are reduced', () => detector.stats().threads === 2, 60_000);
    await until('inspection is paused', () => level() === 'paused', 60_000);
    assert.deepEqual(station.scheduler.admit({ camera: 'camera', kind: 'shadow' }), {
      admitted: false,
      reason: 'too hot',
      detail: station.scheduler.budget.reason,
    });
    const paused = verdicts().length;
    await until('frames of the pause have their verdict', () => verdicts().length > paused + 5);
    assert.equal(verdicts().at(-1)?.reason, 'too hot');
    assert.equal(verdicts().at(-1)?.thermal?.state, 'paused');

    heat('45.5\n');
    await until('everything is given back', () => level() === 'full', 120_000);
    await until('the threads are back', () => detector.stats().threads === 4, 60_000);
    const cooled = verdicts().length;
    await until('frames are inspected again', () =>
      verdicts()
        .slice(cooled)
        .some(({ verdict, thermal }) => verdict === 'FAIL' && thermal?.state === 'full'),
    );
    clearInterval(pump);
    await until('the last frame has its verdict', () => verdicts().length === sent);

    assert.deepEqual(errors, []);
    assert.equal(new Set(verdicts().map(({ frame }) => frame.id)).size, sent);
    const reasons = new Set(verdicts().flatMap(({ reason }) => (reason === undefined ? [] : [reason])));
    assert.deepEqual([...reasons], ['too hot']);
    const counters = (out.at(-1)?.payload as { counters: Record<string, number> }).counters;
    assert.equal(counters.triggers, sent);
    assert.equal(counters.triggers, (counters.pass ?? 0) + (counters.fail ?? 0) + (counters.notInspected ?? 0));

    for (const state of states) assertFits('thermal-state', state);
    const steps = states.filter(({ event }) => event === 'step');
    const order = [...new Set(steps.map(({ state }) => state))];
    for (const state of ['rate reduced', 'threads reduced', 'paused', 'full']) assert.ok(order.includes(state), state);
    for (const { state, reason } of steps) assert.equal(reason === '', state === 'full', `${state}: ${reason}`);
    const last = states.filter(({ event }) => event === 'state').at(-1);
    assert.ok(last && last.station.verdicts.NOT_INSPECTED > 0 && last.station.notInspected['too hot']);
    assert.ok((last.station.latencyMs.tiny?.total.count ?? 0) > 0, JSON.stringify(last.station.latencyMs));
    assert.equal(JSON.stringify(JSON.parse(JSON.stringify(last))), JSON.stringify(last));

    const { status, text } = await helper.request().get('/edge-inspect/metrics');
    assert.equal(status, 200);
    assert.match(text, /^edge_inspect_temperature_celsius 45\.5$/m);
    assert.match(text, /^edge_inspect_thermal_level 0$/m);
    assert.match(
      text,
      /^edge_inspect_verdicts_total\{station="line-1",verdict="NOT_INSPECTED",reason="too hot",node="alert"\} \d+$/m,
    );
    assert.match(text, /^edge_inspect_detector_up\{model=".*tiny\.onnx",node="model"\} 1$/m);
  });

  it('beside the flow: other messages pass as they are, with the thermal state', async () => {
    heat('50000');
    const { guard, out } = await deploy({}, false);
    await until('the first look', () => station.scheduler.condition?.state === 'full');
    guard.receive({ payload: 'hello', topic: 'kept' });
    await until('the message', () => out.length === 1);
    const { payload, topic, thermal, notInspected } = out[0] as Loose;
    assert.deepEqual([payload, topic, notInspected], ['hello', 'kept', undefined]);
    assert.deepEqual(thermal, { state: 'full', tempC: 50, reason: '' });
  });

  it('a sensor that is lost, garbage or implausible: careful, told once, and back by itself', async () => {
    heat('50000');
    const { states } = await deploy({ interval: 0 }, false);
    await until('the first look', () => station.scheduler.condition?.state === 'full');
    rmSync(sensor);
    await until('the loss is told', () => states.some(({ state }) => state === 'sensor lost'));
    assert.equal(station.scheduler.budget.shadow, false);
    assert.equal(station.scheduler.budget.paused, false);
    for (const garbage of ['garbage', '300000', '-40', '']) heat(garbage);
    assert.equal(station.scheduler.condition?.state, 'sensor lost');
    heat('50000');
    await until('the sensor is back', () => station.scheduler.condition?.state === 'full');
    assert.deepEqual(
      states.map(({ state }) => state),
      ['sensor lost', 'full'],
    );
    assert.equal(station.scheduler.budget.framesPerSecond, Infinity);
  });

  it('no sensor from the start: everything passes', async () => {
    const { guard, out } = await deploy({ sensor: join(folder, 'nothing') }, false);
    await until('the guard gave up', () => station.scheduler.condition?.state === 'unknown');
    guard.receive({ payload: picture(true) });
    await until('the message', () => out.length === 1);
    assert.equal(out[0]?.notInspected, undefined);
  });

  it('a frame that has no place is passed on, marked too hot', async () => {
    heat('84000');
    const { guard, out, errors } = await deploy({}, false);
    await until('the pause', () => station.scheduler.budget.paused);
    guard.receive({ payload: picture(true), topic: 'camera' });
    await until('the message', () => out.length === 1);
    assert.equal((out[0]?.notInspected as Loose).reason, 'too hot');
    assert.deepEqual(errors, []);
  });

  it('takes other limits from a message, and refuses wrong ones without losing it', async () => {
    heat('70000');
    const { guard, out, errors } = await deploy({}, false);
    await until('the first look', () => station.scheduler.condition !== undefined);
    guard.receive({ payload: 1, soft: 40, hard: 60 });
    await until('the pause at 70 °C', () => station.scheduler.budget.paused);
    guard.receive({ payload: 2, soft: 'hot' });
    await until('both messages and the error', () => out.length === 2 && errors.length === 1);
    assert.equal(errors[0], 'Expected a number between 20 and 110 for soft (°C) but received "hot"');
  });

  for (const [config, sentence] of [
    [{ soft: 5 }, /^Expected a number between 20 and 110 for soft \(°C\) but received 5$/],
    [{ soft: 80, hard: 81 }, /^Expected at least 2 °C more than soft \(80\) for hard \(°C\) but received 81$/],
    [
      { sensor: 'thermometer' },
      /^Expected auto, vcgencmd or the absolute path .* for sensor but received "thermometer"$/,
    ],
    [{ interval: -1 }, /^Expected a whole number between 0 and 3600 for interval \(s\) but received -1$/],
    [{ reaction: 'slow' }, /^Expected a number between 5 and 3600 for reaction \(s\) but received "slow"$/],
  ] as const) {
    it(`refuses ${JSON.stringify(config)}, and still passes messages`, async () => {
      const { guard, out, errors } = await deploy(config, false);
      guard.receive({ payload: 'kept' });
      await until('the message and the error', () => out.length === 1 && errors.length >= 1);
      assert.match(errors.at(-1) as string, sentence);
      const status = (guard.status as unknown as { lastCall: { args: [{ fill: string }] } }).lastCall.args[0];
      assert.equal(status.fill, 'red');
    });
  }

  it('gives everything back when it is removed', async () => {
    heat('84000');
    await deploy({}, false);
    await until('the pause', () => station.scheduler.budget.paused);
    await helper.unload();
    assert.equal(station.scheduler.budget.paused, false);
    assert.equal(station.scheduler.condition, undefined);
  });
});
