import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import type { InspectionMessage } from '../../nodes/shared/messages';
import modelCalibrate from '../../nodes/model-calibrate/model-calibrate';
import { loadModel } from '../../src/model/load-model';
import { CalibrationCollector } from '../../src/quantize/collect/collect';
import { station } from '../../nodes/shared/station';
import { deployFlow } from '../helpers/flow';
import { writeTinyModel } from '../helpers/tiny-model';
import { assertFits } from '../helpers/fits-schema';
import { waitFor } from '../helpers/wait-for';
import { cellPicture } from '../quantize/pictures';

interface Report extends InspectionMessage {
  payload: { state: string; collected: number; similar: number; out?: string; certificate?: { passed: boolean } };
}

describe('node model-calibrate', () => {
  let folder: string;
  let model: string;
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'calibrate-'));
    model = writeTinyModel(join(folder, 'tiny.onnx'));
  });
  afterEach(async () => {
    await helper.unload();
    rmSync(folder, { recursive: true, force: true });
  });

  const deploy = (config: object = {}) =>
    deployFlow<Report>(
      [modelCalibrate],
      [
        {
          ...{ id: 'calibrate', type: 'model-calibrate', wires: [['out']], model, samples: '12', intervalSeconds: '0' },
          ...{ folder: join(folder, 'frames'), out: join(folder, 'int8'), similarBits: 0, automatic: true },
          ...{ target: 'portable', method: 'mean', threads: 1, maxRecallLoss: 2, ...config },
        },
      ],
    );

  it('collects different frames as they came, quantizes by itself, and leaves a model that loads', async () => {
    const flow = await deploy();
    const last = () => flow.messages.at(-1)?.payload;
    let seed = 0;
    await waitFor(
      'the new model',
      async () => {
        assert.deepEqual(flow.errors, []);
        if (last()?.state === 'ready') return true;
        // every picture twice: the second is a near-duplicate
        const payload = await cellPicture(Math.floor(seed++ / 2));
        flow.node('calibrate').receive({ payload });
        return false;
      },
      60_000,
    );
    assert.equal(last()!.certificate!.passed, true);
    assertFits('calibration-result', last());
    const { manifest } = await loadModel(join(folder, 'int8'));
    assert.equal(manifest.precision, 'int8');
    const frames = readdirSync(join(folder, 'frames'));
    assert.equal(frames.length, 12);
    const given = new Set((await Promise.all(Array.from({ length: seed }, (_, i) => cellPicture(i)))).map(String));
    for (const name of frames) assert.ok(given.has(String(readFileSync(join(folder, 'frames', name)))));
  });

  it('quantizes on command, refuses with one sentence while there are too few frames', async () => {
    const flow = await deploy({ automatic: false });
    flow.node('calibrate').receive({ calibrate: 'quantize', payload: '' });
    await waitFor('an error', () => flow.errors.length > 0);
    assert.match(flow.errors[0]!, /Expected a folder with images .* for calibration/);
    assert.equal(existsSync(join(folder, 'int8')), false);
  });

  it('refuses bad messages and bad settings with one sentence, and goes on', async () => {
    const flow = await deploy();
    for (const message of [{ payload: 'text' }, { calibrate: 'now', payload: '' }]) {
      flow.node('calibrate').receive(message);
    }
    await waitFor('two errors', () => flow.errors.length === 2);
    assert.match(flow.errors[0]!, /Expected a Buffer with an encoded picture for msg.payload but received "text"/);
    assert.match(flow.errors[1]!, /Expected one of quantize, cancel for msg.calibrate but received "now"/);
    await helper.unload();

    const broken = await deploy({ samples: 'many' });
    broken.node('calibrate').receive({ payload: await cellPicture(1) });
    await waitFor('an error', () => broken.errors.length > 0);
    assert.match(broken.errors[0]!, /Expected a whole number .* for samples but received "many"/);
  });

  it('works in a process of the lowest priority that ends with the node, in the middle of the work too', async () => {
    const collector = new CalibrationCollector({
      folder: join(folder, 'frames'),
      samples: 50,
      intervalMs: 0,
      similarBits: 0,
    });
    collector.start();
    await waitFor('the process', () => collector.counts.state === 'collecting');
    const pid = collector.pid!;
    assert.equal(getPriority(pid), 19);
    for (let seed = 0; collector.counts.collected < 12; seed++) {
      const image = await cellPicture(seed);
      await waitFor('a look', () => collector.offer(image));
    }
    const cancelled = assert.rejects(collector.quantize({ model, out: join(folder, 'int8'), threads: 1 }), {
      code: 'CANCELLED',
    });
    await collector.stop();
    await cancelled;
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
    assert.equal(existsSync(join(folder, 'int8')), false);
    assert.equal(collector.offer(await cellPicture(99)), false);
  });

  it('looks at no more than one frame per interval', async () => {
    const collector = new CalibrationCollector({ folder: join(folder, 'frames'), samples: 50, intervalMs: 3_600_000 });
    collector.start();
    await waitFor('the process', () => collector.counts.state === 'collecting');
    assert.equal(collector.offer(await cellPicture(0)), true);
    assert.equal(collector.offer(await cellPicture(1)), false);
    await waitFor('the frame', () => collector.counts.collected === 1);
    assert.equal(collector.offer(await cellPicture(2)), false);
    await collector.stop();
  });

  it('stands still while the station has nothing to spare, goes on after that, and ends all the same', async () => {
    const starts: number[] = [];
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the collector as `this`
    const { start } = CalibrationCollector.prototype;
    CalibrationCollector.prototype.start = function (this: CalibrationCollector) {
      start.call(this);
      if (this.pid !== undefined) starts.push(this.pid);
    };
    try {
      await deploy();
    } finally {
      CalibrationCollector.prototype.start = start;
    }
    const [pid] = starts;
    assert.ok(pid !== undefined);
    // the state is the letter after the name in parentheses; T: stopped by a signal
    const state = () => /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
    try {
      station.scheduler.setBudget({ shadow: false, reason: 'test' }, 'test');
      await waitFor('the process to stand still', () => state() === 'T');
      station.scheduler.release('test');
      await waitFor('the process to go on', () => state() !== 'T');
      station.scheduler.setBudget({ paused: true, reason: 'test' }, 'test');
      await waitFor('the process to stand still again', () => state() === 'T');
      await helper.unload();
      await waitFor('the process to be gone', () => !existsSync(`/proc/${pid}`));
    } finally {
      station.scheduler.release('test');
    }
  });
});
