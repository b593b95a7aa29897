import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { encodePng } from '../../src/image/encode';
import { loadModel } from '../../src/model/load-model';
import { readOptions, type QuantizeOptions } from '../../src/quantize/options';
import { quantize } from '../../src/quantize/quantize';
import { TINY_SIZE, writeTinyModel } from '../helpers/tiny-model';
import { colouredCells, writePictures } from './pictures';

/** A good part, of which some have a stain that looks a little like class 0. */
async function goodPart(seed: number, redness: number): Promise<Buffer> {
  const pixels = new Uint8Array(TINY_SIZE * TINY_SIZE * 3).fill(60 + seed);
  for (let y = 0; y < 16; y++) {
    for (let x = 0; x < 16; x++) pixels.set([60 + redness, 60, 60 + seed], (y * TINY_SIZE + x) * 3);
  }
  return encodePng({ pixels, width: TINY_SIZE, height: TINY_SIZE, channels: 3 });
}

describe('quantize: thresholds per class', () => {
  let folder: string;
  let pictures: string;
  let good: string;
  let labels: string;
  let model: string;
  let number = 0;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'thresholds-'));
    pictures = await writePictures(join(folder, 'pictures'), 12);
    [good, labels] = [join(folder, 'good'), join(folder, 'labels')];
    mkdirSync(good);
    mkdirSync(labels);
    for (let seed = 0; seed < 60; seed++) {
      writeFileSync(join(good, `${seed}.png`), await goodPart(seed, seed < 6 ? 120 : 20));
    }
    for (let seed = 0; seed < 12; seed++) {
      const lines = colouredCells(seed).map(
        ({ classId, row, column }) => `${classId} ${(column + 0.5) / 4} ${(row + 0.5) / 4} 0.25 0.25`,
      );
      writeFileSync(join(labels, `${seed}.txt`), lines.join('\n'));
    }
    model = writeTinyModel(join(folder, 'tiny.onnx'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const options = (change: Partial<Record<keyof QuantizeOptions, unknown>>): QuantizeOptions =>
    readOptions({ model, calibration: pictures, out: join(folder, `out-${number++}`), threads: 1, ...change });

  it('are chosen on good parts, judged by the certificate, and go into the manifest that the detector reads', async () => {
    const chosen = options({ good, setThresholds: '0', labels });
    const { certificate, manifest } = await quantize(chosen);
    const { manifest: written } = await loadModel(chosen.out);
    const perClass = written.thresholds!.perClass!;
    assert.deepEqual(Object.keys(perClass).sort(), [...manifest.classNames].sort());
    // six parts with a stain: the class that it looks like is asked for more
    const values = Object.values(perClass);
    assert.ok(Math.max(...values) > 0.25 && Math.min(...values) >= 0.25, JSON.stringify(perClass));
    assert.deepEqual(certificate.classConfidence, perClass);
    assert.deepEqual(written.recipe!.thresholds, { percent: 0, goodParts: 60 });
    const lenient = await quantize(options({ good, setThresholds: 20, labels }));
    const limit = (of: typeof written): number => Math.max(...Object.values(of.thresholds!.perClass!));
    assert.ok(limit(lenient.manifest) < limit(written));
  });

  it('without the wish for them a model has none', async () => {
    const { manifest } = await quantize(options({ good, labels }));
    assert.equal(manifest.thresholds, undefined);
  });

  it('a picture that judges never chooses', async () => {
    // all 60 judge: none is left
    const judged = options({ good, setThresholds: 1, certify: good });
    await assert.rejects(quantize(judged), /at least 50 different pictures of good parts .* but received 0/);
  });

  it('too few good parts, or none named, are refused before any work', async () => {
    await assert.rejects(
      quantize(options({ good: pictures, setThresholds: 1 })),
      /Expected at least 50 different pictures of good parts .* for set-thresholds but received/,
    );
    assert.throws(() => options({ setThresholds: 1 }), /Expected pictures of good parts \(--good\) or labels/);
    assert.throws(() => options({ setThresholds: 101, good }), /set-thresholds/);
  });
});
