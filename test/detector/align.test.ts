import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { Random } from '../../src/kit/random';
import { writeTinyModel } from '../helpers/tiny-model';

const folder = mkdtempSync(join(tmpdir(), 'align-'));
const PART = { x: 96, y: 96, width: 64, height: 64 };

/** A grey part with dark spots, 64 x 64 px, its upper left corner at a place; a green cell of 16 px is its defect. */
async function picture(at: { x: number; y: number } | undefined, hasDefect = false): Promise<Buffer> {
  const frame = sharp({ create: { width: 256, height: 256, channels: 3, background: '#404040' } });
  if (at === undefined) return frame.png().toBuffer();
  const random = new Random('spots');
  const box = (width: number, height: number, background: string) => ({
    create: { width, height, channels: 3 as const, background },
  });
  const spots = Array.from({ length: 14 }, () => ({
    input: box(random.integer(3, 9), random.integer(3, 9), '#202020'),
    left: at.x + random.integer(2, 52),
    top: at.y + random.integer(2, 52),
  }));
  const defect = { input: box(16, 16, '#00ff00'), left: at.x + 16, top: at.y + 32 };
  return frame
    .composite([{ input: box(64, 64, '#e0e0e0'), left: at.x, top: at.y }, ...spots, ...(hasDefect ? [defect] : [])])
    .png()
    .toBuffer();
}

describe('detector that finds the part first', () => {
  const reference = join(folder, 'reference.png');
  const align = { reference, box: PART };
  let detector: Detector;
  before(async () => {
    writeFileSync(reference, await picture(PART));
    detector = new Detector({ model: writeTinyModel(join(folder, 'tiny.onnx')), threads: 1 });
    await detector.start();
  });
  after(async () => {
    await detector.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('inspects it where it lies, and says where things are in frame and reference', async () => {
    const outcome = await detector.detect({ image: await picture({ x: 126, y: 80 }, true), align });
    assert.ok(outcome.inspected, JSON.stringify(outcome));
    const { dx, dy, rotationDegrees, scale, score } = outcome.alignment!;
    assert.ok(Math.abs(dx - 30) < 0.5 && Math.abs(dy + 16) < 0.5, `${dx}, ${dy}`);
    assert.ok(Math.abs(rotationDegrees) < 0.5 && Math.abs(scale - 1) < 0.01 && score > 0.4);
    const [found, ...rest] = outcome.detections;
    assert.deepEqual([found?.label, rest.length], ['green', 0]);
    const near = (box: { x: number; y: number } | undefined, x: number, y: number) =>
      assert.ok(box && Math.hypot(box.x - x, box.y - y) < 1.5, JSON.stringify(box));
    near(found?.box, 126 + 16, 80 + 32);
    near(found?.reference, 96 + 16, 96 + 32);
    assert.deepEqual(outcome.image, { width: 256, height: 256 });
  });

  it('does not inspect a picture without the part, and says so', async () => {
    const outcome = await detector.detect({ image: await picture(undefined), align });
    assert.ok(!outcome.inspected);
    assert.deepEqual([outcome.reason, outcome.code], ['part not found', 'PART_NOT_FOUND']);
    assert.match(outcome.detail, /does not show the part/);
  });

  it('fails a picture without the part, where that is wanted', async () => {
    const outcome = await detector.detect({ image: await picture(undefined), align: { ...align, notFound: 'fail' } });
    assert.ok(outcome.inspected);
    assert.deepEqual(outcome.detections, [
      { label: 'part not found', classId: -1, confidence: 1, box: { x: 0, y: 0, width: 256, height: 256 } },
    ]);
    assert.equal(outcome.alignment, undefined);
  });

  it('refuses a reference that is not there, and a frame of another shape', async () => {
    const missing = await detector.detect({
      image: await picture(PART),
      align: { ...align, reference: join(folder, 'none.png') },
    });
    assert.ok(!missing.inspected);
    assert.match(missing.detail, /Expected a picture that can be read .* for the reference but received/);
    const wide = await sharp({ create: { width: 300, height: 100, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    const other = await detector.detect({ image: wide, align });
    assert.ok(!other.inspected);
    assert.match(other.detail, /Expected a picture of the shape of the reference for the frame but received "300x100"/);
  });
});
