import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { writeTinyModel } from '../helpers/tiny-model';

const folder = mkdtempSync(join(tmpdir(), 'tiles-'));

/** A white picture with cells of 16 pixels in pure colours. */
function picture(width: number, height: number, cells: [colour: string, x: number, y: number][]): Promise<Buffer> {
  const cell = (background: string) => ({ create: { width: 16, height: 16, channels: 3 as const, background } });
  return sharp({ create: { width, height, channels: 3, background: 'white' } })
    .composite(cells.map(([colour, left, top]) => ({ input: cell(colour), left, top })))
    .png()
    .toBuffer();
}

describe('detector with tiles', () => {
  let detector: Detector;
  before(async () => {
    // the model's grid is 16 pixels wide and so are these steps: tiles of 64 px begin 48 px after one another
    detector = new Detector({ model: writeTinyModel(join(folder, 'tiny.onnx')), threads: 2, lanes: 2 });
    await detector.start();
  });
  after(async () => {
    await detector.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('finds in a large picture what the whole picture at the size of the model does not show, each once', async () => {
    // at 48: in two tiles; at 144, 96: in one
    const image = await picture(256, 160, [
      ['#00ff00', 48, 48],
      ['#ff0000', 144, 96],
      ['#0000ff', 240, 144],
    ]);
    const squeezed = await detector.detect({ image });
    assert.ok(squeezed.inspected);
    assert.deepEqual(squeezed.detections, []);
    assert.equal(squeezed.tiles, undefined);
    const outcome = await detector.detect({ image, tiling: { layout: 'auto', overlap: 0.25 } });
    assert.ok(outcome.inspected);
    assert.deepEqual(outcome.tiles, { columns: 5, rows: 3, count: 15 });
    assert.deepEqual(outcome.image, { width: 256, height: 160 });
    assert.deepEqual(
      outcome.detections.map(({ label, box }) => ({ label, ...box })),
      [
        { label: 'red', x: 144, y: 96, width: 16, height: 16 },
        { label: 'green', x: 48, y: 48, width: 16, height: 16 },
        { label: 'blue', x: 240, y: 144, width: 16, height: 16 },
      ],
    );
    const { queue, decode, infer, total } = outcome.latencyMs;
    assert.ok(decode > 0 && infer > 0 && queue >= 0 && Math.abs(total - queue - decode - infer) < 1e-6);
  });

  it('answers a small picture as without tiles', async () => {
    const image = await picture(64, 64, [['#00ff00', 16, 32]]);
    const [plain, tiled] = [
      await detector.detect({ image }),
      await detector.detect({ image, tiling: { layout: 'auto', overlap: 0.2 } }),
    ];
    assert.ok(plain.inspected && tiled.inspected);
    assert.deepEqual(tiled.detections, plain.detections);
    assert.equal(tiled.tiles, undefined);
  });

  it('keeps its boxes in the region that is inspected', async () => {
    const image = await picture(300, 200, [
      ['#00ff00', 100 + 48, 20],
      ['#ff0000', 0, 0],
    ]);
    const frame = { region: { x: 100, y: 20, width: 160, height: 160 } };
    const outcome = await detector.detect({ image, frame, tiling: { layout: 'auto', overlap: 0.25 } });
    assert.ok(outcome.inspected);
    assert.deepEqual(
      outcome.detections.map(({ box }) => box),
      [{ x: 148, y: 20, width: 16, height: 16 }],
    );
  });
});

describe('watchdog of a frame in tiles', () => {
  it('lets a frame take as long as all its tiles', async () => {
    const model = writeTinyModel(join(mkdtempSync(join(tmpdir(), 'tiles-slow-')), 'slow.onnx'), {
      ballastChannels: 256,
    });
    const detector = new Detector({ model, threads: 1, lanes: 1 });
    await detector.start();
    const image = await picture(1024, 1024, []);
    const one = await detector.detect({ image });
    assert.ok(one.inspected);
    const single = one.latencyMs.infer;
    await detector.stop();
    // far less than the whole frame takes, far more than one tile
    const watchdogMs = Math.max(400, Math.ceil(20 * single));
    const strict = new Detector({ model, threads: 1, lanes: 1, watchdogMs });
    await strict.start();
    const started = performance.now();
    const outcome = await strict.detect({ image, tiling: { layout: { columns: 16, rows: 16 }, overlap: 0 } });
    const tookMs = performance.now() - started;
    await strict.stop();
    assert.ok(outcome.inspected, JSON.stringify(outcome));
    assert.equal(outcome.tiles?.count, 256);
    assert.ok(tookMs > watchdogMs, `the frame took ${tookMs} ms, less than the ${watchdogMs} ms of the watchdog`);
  });
});
