import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { ROOT } from '../helpers/root';

/** What may be added while frames pass: decoders' memory and the runtime's own, whatever the number of frames. */
const ROOM_MB = 40;
const FRAMES = 80;

describe('memory of a detector process', () => {
  const detector = new Detector({
    model: join(ROOT, 'models', 'pcb-defects'),
    threads: 2,
    lanes: 2,
    overload: 'every',
  });
  before(() => detector.start());
  after(() => detector.stop());

  // pixels, outputs and payloads used to wait for the garbage collector: 100 MB more after a few dozen frames
  it('keeps no pixels: frames leave nothing behind', async () => {
    const noise = { type: 'gaussian' as const, mean: 128, sigma: 40 };
    const create = { width: 640, height: 640, channels: 3 as const, background: 'grey', noise };
    const image = await sharp({ create }).jpeg().toBuffer();
    const before = detector.stats().rssBytes ?? NaN;
    const outcomes = await Promise.all(Array.from({ length: FRAMES }, () => detector.detect({ image })));
    assert.ok(outcomes.every(({ inspected }) => inspected));
    const addedMb = ((detector.stats().rssBytes ?? NaN) - before) / 1e6;
    assert.ok(addedMb < ROOM_MB, `Expected less than ${ROOM_MB} MB more after ${FRAMES} frames but ${addedMb} MB`);
  });
});
