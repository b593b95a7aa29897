import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import type { View } from '../../../src/contract/view';
import { readCalibrationSet } from '../../../src/quantize/calibrate/calibration-set';
import { pictureReader } from '../../../src/quantize/calibrate/reader';
import { readView, writeView } from '../../../src/quantize/calibrate/view-file';
import { Collection } from '../../../src/quantize/collect/collection';
import { readOptions, type QuantizeOptions } from '../../../src/quantize/options';
import { quantize } from '../../../src/quantize/quantize';
import { TINY_SIZE, writeTinyModel } from '../../helpers/tiny-model';
import { cellPicture } from '../pictures';

/** Where the line is in the camera's picture, once that is turned upright. */
const REGION = { x: 20, y: 10, width: TINY_SIZE, height: TINY_SIZE };
const VIEW: View = { rotate: 90, region: REGION };

/** The picture as a camera sees it that hangs turned by 90° and sees white beside the line. */
async function throughCamera(seed: number): Promise<Buffer> {
  const wide = await sharp(await cellPicture(seed))
    .extend({ left: REGION.x, top: REGION.y, right: 30, bottom: 40, background: '#fff' })
    .png()
    .toBuffer();
  return sharp(wide).rotate(270).png().toBuffer();
}

describe('views of calibration pictures', () => {
  let folder: string;
  let plain: string;
  let seen: string;
  let model: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'views-'));
    [plain, seen] = [join(folder, 'plain'), join(folder, 'seen')];
    mkdirSync(plain);
    mkdirSync(seen);
    for (let seed = 0; seed < 12; seed++) {
      writeFileSync(join(plain, `${seed}.png`), await cellPicture(seed));
      writeFileSync(join(seen, `${seed}.png`), await throughCamera(seed));
    }
    model = writeTinyModel(join(folder, 'tiny.onnx'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  let number = 0;
  const options = (change: Partial<Record<keyof QuantizeOptions, unknown>>): QuantizeOptions =>
    readOptions({ model, calibration: seen, out: join(folder, `out-${number++}`), threads: 1, ...change });

  it('gives the float model the very pixels that the detector sees', async () => {
    const input = { width: TINY_SIZE, height: TINY_SIZE, layout: 'nchw', type: 'float32' } as const;
    const numbers = async (from: string, view?: View): Promise<Float32Array[]> => {
      const all: Float32Array[] = [];
      const load = (index: number) => readFile(join(from, `${index}.png`));
      const reader = pictureReader(3, load, 'images', input, () => view);
      for await (const { images } of reader.read()) all.push(Float32Array.from(images!.data as Float32Array));
      return all;
    };
    assert.deepEqual(await numbers(seen, VIEW), await numbers(plain));
  });

  it('certifies what the detector sees, and writes down what that was', async () => {
    const judged = await quantize(options({ region: '20,10,64,64', rotate: '90' }));
    assert.equal(judged.published, true, judged.certificate.verdict);
    assert.deepEqual(judged.manifest.recipe!.view, VIEW);
    assert.ok(judged.certificate.all.references > 5 && judged.certificate.all.foundInt8 > 5);
    const unaware = await quantize(options({ allowUncertified: true }));
    assert.notEqual(unaware.certificate.all.references, judged.certificate.all.references);
    assert.notEqual(unaware.manifest.recipe!.calibrationSet, judged.manifest.recipe!.calibrationSet);
  });

  it('labels count inside of the region, cut at its edges', async () => {
    const labels = join(folder, 'labels');
    mkdirSync(labels);
    const [width, height] = [TINY_SIZE + 50, TINY_SIZE + 50];
    // one in the white beside the line: nobody can find it
    const line = `0 ${5 / width} ${5 / height} ${8 / width} ${8 / height}\n`;
    for (let seed = 0; seed < 12; seed++) writeFileSync(join(labels, `${seed}.txt`), line);
    const { certificate } = await quantize(
      options({ region: '20,10,64,64', rotate: 90, labels, allowUncertified: true }),
    );
    assert.equal(certificate.basis, 'labels');
    assert.equal(certificate.all.references, 0);
  });

  it('collected frames bring along what the camera inspects; it comes before the common view', async () => {
    const frames = join(folder, 'frames');
    const collection = await Collection.open(frames, 0);
    for (let seed = 0; seed < 12; seed++) await collection.offer(await throughCamera(seed), VIEW);
    // the part outside of the region does not make two frames different
    const other = await sharp(await throughCamera(3))
      .composite([{ input: Buffer.alloc(9 * 9 * 3, 77), raw: { width: 9, height: 9, channels: 3 }, left: 0, top: 0 }])
      .png()
      .toBuffer();
    assert.equal(await collection.offer(other, VIEW), 'similar');
    assert.equal((await Collection.open(frames, 0)).count, 12);
    const set = await readCalibrationSet(options({ calibration: frames, rotate: 180 }));
    for (const { view } of [...set.calibration, ...set.heldOut]) assert.deepEqual(view, VIEW);
  });

  it('a view that is none is refused with one sentence', async () => {
    const picture = join(folder, 'one.png');
    await writeView(picture, {});
    assert.equal(await readView(picture), undefined);
    await writeView(picture, VIEW);
    assert.deepEqual(await readView(picture), VIEW);
    for (const [text, words] of [
      ['{', /Expected a view as JSON for .*one\.png\.view\.json/],
      ['{"rotate":45}', /for rotate but received "?45/],
      ['{"region":{"x":1}}', /Expected a region with x, y, width and height in pixels/],
    ] as const) {
      writeFileSync(`${picture}.view.json`, text);
      await assert.rejects(readView(picture), words);
      assert.equal(readFileSync(`${picture}.view.json`, 'utf8'), text);
    }
    assert.throws(() => options({ region: '1,2,3' }), /Expected x, y, width, height in whole pixels/);
    assert.throws(() => options({ rotate: 45 }), /rotate/);
  });
});
