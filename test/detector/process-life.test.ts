import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { writeTinyModel } from '../helpers/tiny-model';
import { isAlive, until } from '../helpers/until';

const folder = mkdtempSync(join(tmpdir(), 'process-life-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const model = writeTinyModel(join(folder, 'tiny.onnx'));
const picture = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#00f' } })
    .png()
    .toBuffer();

/** A parent that starts a detector, tells its process id, and stays. */
const PARENT = `
  const { Detector } = require(${JSON.stringify(require.resolve('../../src/detector/detector'))});
  const detector = new Detector({ model: ${JSON.stringify(model)}, threads: 1 });
  detector.start().then(() => console.log(detector.stats().pid));
`;

describe('life of the detector process', () => {
  it('ends by itself when its parent is killed', async (t) => {
    const parent = spawn(process.execPath, ['-e', PARENT], { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => parent.kill('SIGKILL'));
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    assert.ok(isAlive(pid));
    parent.kill('SIGKILL');
    await until('the detector process is gone', () => !isAlive(pid));
  });

  it('outlives the signals of Ctrl-C and of a service manager: its parent decides', async (t) => {
    const detector = new Detector({ model, threads: 1 });
    t.after(() => detector.stop());
    await detector.start();
    const pid = detector.stats().pid as number;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(pid, signal);
    const outcome = await detector.detect({ image: await picture() });
    assert.ok(outcome.inspected && outcome.detections.length === 16);
    assert.deepEqual([detector.stats().pid, detector.stats().restarts], [pid, 0]);
    await detector.stop();
    assert.ok(!isAlive(pid));
  });

  it('is killed and restarted with a real model', async (t) => {
    const detector = new Detector({ model, threads: 1 });
    t.after(() => detector.stop());
    await detector.start();
    const image = await picture();
    process.kill(detector.stats().pid as number, 'SIGKILL');
    const lost = await detector.detect({ image });
    const next = await detector.detect({ image });
    assert.ok(!lost.inspected && lost.reason === 'detector restarted');
    assert.match(lost.detail, /^The detector process ended by SIGKILL/);
    assert.ok(next.inspected);
  });

  it('says so when its model has gone by the time of a restart, and comes back by itself when it is there again', async (t) => {
    const path = writeTinyModel(join(folder, 'fleeting.onnx'));
    const detector = new Detector({ model: path, threads: 1, watchdogMs: 2_000 });
    t.after(() => detector.stop());
    await detector.start();
    rmSync(path);
    process.kill(detector.stats().pid as number, 'SIGKILL');
    await until('it was tried in vain', () => detector.stats().restarts >= 2);
    const outcome = await detector.detect({ image: await picture() });
    assert.ok(!outcome.inspected);
    assert.deepEqual([outcome.reason, outcome.code], ['model not available', 'MODEL_NOT_FOUND']);
    writeTinyModel(path);
    await until('it is back', () => detector.stats().state === 'ready');
    assert.ok((await detector.detect({ image: await picture() })).inspected);
  });

  it('gives way with all its working threads when it is nice', { skip: process.platform !== 'linux' }, async (t) => {
    const detector = new Detector({ model, threads: 2, nice: 7 });
    t.after(() => detector.stop());
    await detector.start();
    await detector.detect({ image: await picture() });
    const tasks = `/proc/${detector.stats().pid}/task`;
    // field 19 of stat, counted from 1; the name in parentheses may hold spaces
    const nices = readdirSync(tasks).map((task) => {
      const stat = readFileSync(join(tasks, task, 'stat'), 'latin1');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    });
    assert.equal(nices[0], 7);
    // the runtime's and the decoder's threads inherit it; V8's few helpers are older than the setting
    assert.ok(nices.filter((nice) => nice === 7).length >= 3, nices.join());
  });

  it('draws on an image beside the frames, and says why when it cannot', async (t) => {
    const detector = new Detector({ model, threads: 1 });
    t.after(() => detector.stop());
    const drawing = { boxes: [], maxWidth: 640, quality: 80 };
    await detector.start();
    const { value, bytes } = await detector.run('annotate', drawing, await picture());
    assert.deepEqual([value.width, value.height], [64, 64]);
    assert.equal((await sharp(bytes).metadata()).format, 'jpeg');
    await assert.rejects(detector.run('annotate', drawing, Buffer.from('none')), { code: 'BAD_IMAGE' });
    assert.equal(detector.stats().offered, 0);
    await detector.stop();
    await assert.rejects(detector.run('annotate', drawing, await picture()), { code: 'CANCELLED' });
  });
});
