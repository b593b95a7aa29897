import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { NMS_DEFAULTS, nms } from '../../src/detect/nms';
import { TINY_CLASSES, writeTinyModel } from '../helpers/tiny-model';

const folder = mkdtempSync(join(tmpdir(), 'detector-'));

/** A white 64 × 64 picture with one cell of pure colour. */
function picture(colour: string, cellX: number, cellY: number): sharp.Sharp {
  const cell = { create: { width: 16, height: 16, channels: 3 as const, background: colour } };
  return sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } }).composite([
    { input: cell, left: 16 * cellX, top: 16 * cellY },
  ]);
}

describe('detector with a real model', () => {
  let detector: Detector;
  before(async () => {
    detector = new Detector({
      model: writeTinyModel(join(folder, 'tiny.onnx')),
      threads: 2,
      lanes: 2,
      overload: 'every',
    });
    await detector.start();
  });
  after(async () => {
    await detector.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds what is there, where it is', async () => {
    const outcome = await detector.detect({ image: await picture('#00ff00', 1, 2).png().toBuffer() });
    assert.ok(outcome.inspected);
    const [found, ...rest] = nms(outcome.detections, NMS_DEFAULTS);
    assert.deepEqual(rest, []);
    assert.deepEqual(found, {
      label: 'green',
      classId: 1,
      confidence: 1,
      box: { x: 16, y: 32, width: 16, height: 16 },
    });
    assert.deepEqual(outcome.image, { width: 64, height: 64 });
    assert.deepEqual(outcome.model.classNames, TINY_CLASSES);
    assert.equal(outcome.model.sha256.length, 64);
    assert.equal(outcome.threads, 2);
    const { queue, decode, infer, total } = outcome.latencyMs;
    assert.ok(decode > 0 && infer > 0 && queue >= 0);
    assert.ok(Math.abs(total - queue - decode - infer) < 1e-6);
  });

  it('takes raw RGB as it is, with its size from the frame', async () => {
    const image = await picture('#0000ff', 0, 0).removeAlpha().raw().toBuffer();
    const frame = { format: 'rgb24' as const, width: 64, height: 64 };
    const outcome = await detector.detect({ image, frame });
    assert.ok(outcome.inspected);
    assert.deepEqual(
      outcome.detections.map(({ label }) => label),
      ['blue'],
    );
    const wrong = await detector.detect({ image, frame: { ...frame, width: 65 } });
    assert.ok(!wrong.inspected);
    assert.deepEqual([wrong.reason, wrong.code], ['bad image', 'BAD_IMAGE']);
  });

  it('leaves out candidates below the confidence of the request', async () => {
    const image = await picture('#ff8080', 3, 3).png().toBuffer();
    const counts = [];
    for (const confidence of [0.25, 0.9]) {
      const outcome = await detector.detect({ image, confidence });
      assert.ok(outcome.inspected);
      counts.push(outcome.detections.length);
    }
    assert.deepEqual(counts, [1, 0]);
  });

  it('gives the scores of the whole grid when asked, and only then', async () => {
    const image = await picture('#0000ff', 3, 0).png().toBuffer();
    const plain = await detector.detect({ image });
    assert.ok(plain.inspected && !('scores' in plain));
    const asked = await detector.detect({ image, scores: true });
    assert.ok(asked.inspected && asked.scores);
    const { classes, places, values } = asked.scores;
    // 8 × 8 + 4 × 4 + 2 × 2 cells; only the middle scale speaks, and its cell 3 is blue
    assert.deepEqual([classes, places, values.length], [3, 84, 3 * 84]);
    const loud = [...values.keys()].filter((index) => (values[index] as number) > 1e-6);
    assert.deepEqual(loud, [2 * 84 + 64 + 3]);
    assert.equal(values[loud[0] as number], 1);
    assert.deepEqual(asked.detections, plain.detections);
  });

  it('answers many frames at once, each with its own result', async () => {
    const cells = Array.from({ length: 32 }, (_, index) => ({ x: index % 4, y: Math.floor(index / 4) % 4 }));
    const outcomes = await Promise.all(
      cells.map(async ({ x, y }) => detector.detect({ image: await picture('#ff0000', x, y).jpeg().toBuffer() })),
    );
    outcomes.forEach((outcome, index) => {
      assert.ok(outcome.inspected);
      const { x, y } = cells[index] as { x: number; y: number };
      assert.deepEqual(outcome.detections[0]?.box, { x: 16 * x, y: 16 * y, width: 16, height: 16 });
    });
  });

  it('tells the memory and processor time of its process', () => {
    const { rssBytes, cpuMs, pid } = detector.stats();
    assert.ok(pid !== undefined && pid !== process.pid);
    if (process.platform !== 'linux') return;
    assert.ok((rssBytes as number) > 10e6 && (rssBytes as number) < 1e9, String(rssBytes));
    assert.ok((cpuMs as number) > 0);
  });
});
