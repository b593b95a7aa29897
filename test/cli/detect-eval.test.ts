import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import type { MeanAveragePrecision } from '../../src/evaluate/map';
import type { PartRates } from '../../src/evaluate/part-rates';
import type { ModelManifest } from '../../src/contract/manifest';
import { Pipeline } from '../../src/detect/pipeline';
import type { Detection } from '../../src/contract/detection';
import { writeTinyModel } from '../helpers/tiny-model';

const MAIN = join(__dirname, '..', '..', 'src', 'cli', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'detect-eval-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const model = writeTinyModel(join(folder, 'tiny.onnx'));
const images = join(folder, 'images');
const labels = join(folder, 'labels');

function run(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 120_000 });
}

/** Two pictures, 128 × 128 with cells of 32: a red cell at 0,0 and a blue cell at 3,1. */
before(async () => {
  mkdirSync(images);
  mkdirSync(labels);
  for (const [name, background, left, top] of [
    ['a', '#ff0000', 0, 0],
    ['b', '#0000ff', 96, 32],
  ] as const) {
    const cell = { create: { width: 32, height: 32, channels: 3 as const, background } };
    await sharp({ create: { width: 128, height: 128, channels: 3, background: 'white' } })
      .composite([{ input: cell, left, top }])
      .png()
      .toFile(join(images, `${name}.png`));
  }
  writeFileSync(join(labels, 'a.txt'), '0 0.125 0.125 0.25 0.25\n');
  writeFileSync(join(labels, 'b.txt'), '2 0.875 0.375 0.25 0.25\n1 0.5 0.5 0.25 0.25\n');
});

describe('edge-inspect detect', () => {
  it('prints one JSON document with boxes in pixels of the image', () => {
    const { status, stdout, stderr } = run('detect', '--model', model, '--image', join(images, 'b.png'), '--json');
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout) as { image: object; detections: Detection[]; latencyMs: Record<string, number> };
    assert.deepEqual(result.image, { width: 128, height: 128 });
    const [found, ...rest] = result.detections;
    assert.deepEqual(rest, []);
    assert.deepEqual([found?.label, found?.classId, found?.box], ['blue', 2, { x: 96, y: 32, width: 32, height: 32 }]);
    assert.ok((found?.confidence ?? 0) > 0.95);
    assert.ok(Object.values(result.latencyMs).every((ms) => ms >= 0));
  });

  it('prints a line per detection for people', () => {
    const { stdout } = run('detect', '--model', model, '--image', join(images, 'a.png'));
    assert.match(stdout, /^red 0\.9\d at 0,0 size 32x32\n1 found in \d+ ms\n$/);
  });

  it('--draw writes the picture with its boxes, at its own size', async () => {
    const out = join(folder, 'drawn.jpg');
    const { status, stdout, stderr } = run('detect', '--model', model, '--image', join(images, 'b.png'), '--draw', out);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /\ndrawn in .*drawn\.jpg\n$/);
    const { data, info } = await sharp(out).raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [128, 128]);
    const pixel = (x: number, y: number) => [...data.subarray((y * 128 + x) * 3, (y * 128 + x) * 3 + 3)];
    const [red = 0, , blue = 0] = pixel(112, 48);
    assert.ok(blue > 200 && red < 60, 'inside the box the picture is as it was');
    const [r = 0, , b = 0] = pixel(112, 63);
    assert.ok(r > 100 || b < 200, `the edge of the box is drawn: ${pixel(112, 63).join()}`);
    assert.deepEqual(pixel(10, 100), [255, 255, 255]);
  });

  it('--draw of several pictures fills a folder, one file each', () => {
    const out = join(folder, 'drawn');
    const both = [join(images, 'a.png'), join(images, 'b.png')];
    const { status, stdout, stderr } = run('detect', '--model', model, '--image', ...both, '--draw', out, '--json');
    assert.equal(status, 0, stderr);
    const { images: results } = JSON.parse(stdout) as {
      images: { file: string; drawn: string; detections: object[] }[];
    };
    assert.deepEqual(
      results.map(({ file, drawn, detections }) => [file, drawn, detections.length]),
      [
        [both[0], join(out, 'a.jpg'), 1],
        [both[1], join(out, 'b.jpg'), 1],
      ],
    );
    assert.deepEqual(readdirSync(out).sort(), ['a.jpg', 'b.jpg']);
  });

  it('--draw into a file that is no .jpg, or one file for several pictures: one sentence', () => {
    const one = run('detect', '--model', model, '--image', join(images, 'a.png'), '--draw', join(folder, 'x.gif'));
    assert.equal(one.status, 2);
    assert.match(one.stderr, /^edge-inspect: Expected a file that ends in \.jpg, or a folder for --draw but received/);
    const a = join(images, 'a.png');
    const two = run('detect', '--model', model, '--image', a, a, '--draw', join(folder, 'x.jpg'));
    assert.equal(two.status, 2);
    assert.match(two.stderr, /Expected a folder, because there are several pictures for --draw/);
  });

  const text = join(folder, 'text.jpg');
  before(() => writeFileSync(text, 'no image'));
  const bad: Array<[string, string[], RegExp]> = [
    ['no model', ['--image', text], /^edge-inspect: Expected a non-empty string for --model but received undefined\n$/],
    [
      'a model that is missing',
      ['--model', 'none.onnx', '--image', text],
      /^edge-inspect: Expected the path of an \.onnx/,
    ],
    [
      'an image that is missing',
      ['--model', model, '--image', 'none.jpg'],
      /^edge-inspect: Expected an image file .*none\.jpg"\n$/,
    ],
    ['an image that is none', ['--model', model, '--image', text], /^edge-inspect: Expected a JPEG, PNG.* 8 bytes/],
    ['a text file as model', ['--model', text, '--image', text], /^edge-inspect: Expected an ONNX model file/],
    [
      'a confidence out of bounds',
      ['--model', model, '--image', text, '--confidence', '2'],
      /^edge-inspect: Expected a number between 0 and 1 for --confidence but received "2"\n$/,
    ],
  ];
  for (const [what, args, says] of bad) {
    it(`refuses ${what} in one sentence, status 2`, () => {
      const { status, stdout, stderr } = run('detect', ...args, '--json');
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, says);
      assert.equal(stderr.trim().split('\n').length, 1);
    });
  }
});

describe('edge-inspect eval', () => {
  it('measures per class and over all', () => {
    const { status, stdout, stderr } = run('eval', '--model', model, '--images', images, '--labels', labels, '--json');
    assert.equal(status, 0, stderr);
    const { map50, map5095, perClass } = JSON.parse(stdout) as MeanAveragePrecision;
    assert.deepEqual(
      perClass.map(({ label, truths, map50: each }) => [label, truths, each]),
      [
        ['red', 1, 1],
        ['green', 1, 0],
        ['blue', 1, 1],
      ],
    );
    assert.ok(Math.abs(map50 - 2 / 3) < 1e-9 && Math.abs(map5095 - 2 / 3) < 1e-9);
  });

  it('tells how many parts of each kind fail when there are pictures of good ones', () => {
    const args = ['eval', '--model', model, '--images', images, '--labels', labels, '--good', images];
    const { status, stdout, stderr } = run(...args, '--json');
    assert.equal(status, 0, stderr);
    const { parts } = JSON.parse(stdout) as { parts: { perConfidence: PartRates[]; atOwnThresholds: PartRates } };
    const all = { defectiveFailed: 2, defective: 2, goodFailed: 2, good: 2, found: 2, defects: 3 };
    assert.deepEqual(
      parts.perConfidence.find(({ confidence }) => confidence === 0.5),
      { confidence: 0.5, ...all },
    );
    assert.deepEqual(parts.atOwnThresholds, all);
    assert.match(run(...args).stdout, /\n0\.50 +2 of 2 100\.0 % +2 of 2 100\.0 % +2 of 3 +66\.7 %\n/);
  });

  describe('--set-thresholds', () => {
    const good = join(folder, 'good');
    const own = join(folder, 'own-thresholds');
    const args = ['eval', '--images', images, '--labels', labels, '--good', good, '--set-thresholds', '0'];

    before(async () => {
      mkdirSync(good);
      mkdirSync(own);
      const white = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'white' } })
        .png()
        .toBuffer();
      for (let i = 0; i < 49; i++) writeFileSync(join(good, `${i}.png`), white);
      // a red cell on a good part: the false alarm that must not count any more
      copyFileSync(join(images, 'a.png'), join(good, 'red.png'));
      const pipeline = await Pipeline.open(writeTinyModel(join(own, 'model.onnx')));
      writeFileSync(join(own, 'manifest.json'), JSON.stringify({ ...pipeline.manifest, precision: 'fp32' }));
      await pipeline.close();
    });

    it('writes limits per class above what good parts reach, and the table is of these', () => {
      const { status, stdout, stderr } = run(...args, '--model', own, '--json');
      assert.equal(status, 0, stderr);
      const { thresholds } = JSON.parse(readFileSync(join(own, 'manifest.json'), 'utf8')) as ModelManifest;
      assert.deepEqual(Object.keys(thresholds?.perClass ?? {}), ['red', 'green', 'blue']);
      assert.ok((thresholds?.perClass?.red ?? 0) > 0.95);
      assert.equal(thresholds?.perClass?.blue, 0.25);
      const { parts } = JSON.parse(stdout) as { parts: { atOwnThresholds: PartRates } };
      assert.equal(parts.atOwnThresholds.goodFailed, 0);
      assert.equal(parts.atOwnThresholds.defectiveFailed, 1);
    });

    for (const [what, model, more, message] of [
      ['a bare .onnx', 'tiny.onnx', [], /Expected a model folder, which has a manifest, for --model/],
      ['too few good parts', 'own-thresholds', ['--good', images], /Expected at least 50 pictures of good parts/],
      ['no percentage', 'own-thresholds', ['--set-thresholds', 'few'], /Expected .* for --set-thresholds but received/],
    ] as [string, string, string[], RegExp][]) {
      it(`refuses ${what}`, () => {
        const { status, stderr } = run(...args, '--model', join(folder, model), ...more);
        assert.equal(status, 2);
        assert.match(stderr, message);
      });
    }
  });

  it('prints a table for people', () => {
    const { stdout } = run('eval', '--model', model, '--images', images, '--labels', labels);
    assert.match(stdout, /^class +objects +mAP50 +mAP50-95\nred +1 +100\.0 +100\.0\n/);
    assert.match(stdout, /all +3 +66\.7 +66\.7\n2 images\n$/);
  });

  const empty = join(folder, 'empty');
  const crooked = join(folder, 'crooked');
  const foreign = join(folder, 'foreign');
  before(() => {
    for (const each of [empty, crooked, foreign]) mkdirSync(each);
    writeFileSync(join(crooked, 'a.txt'), '0 0.5 0.5 0.25 0.25\n0 0.5 oops 0.25 0.25\n');
    writeFileSync(join(foreign, 'a.txt'), '7 0.5 0.5 0.25 0.25\n');
  });
  const bad: Array<[string, string, string, RegExp]> = [
    [
      'a folder that is missing',
      'none',
      labels,
      /Expected a folder that can be read .* for --images but received "none"/,
    ],
    ['a folder without images', empty, labels, /Expected a folder with images .* for --images/],
    ['labels that belong to other images', images, empty, /Expected a folder with a \.txt file per image for --labels/],
    [
      'a line that is no label',
      images,
      crooked,
      /Expected a label `class cx cy w h` .* for line 2 of .*a\.txt but received "0 0\.5 oops/,
    ],
    [
      'a class that the model does not have',
      images,
      foreign,
      /Expected a class between 0 and 2 .* a\.png but received 7/,
    ],
  ];
  for (const [what, imageFolder, labelFolder, says] of bad) {
    it(`refuses ${what}, status 2`, () => {
      const { status, stderr } = run('eval', '--model', model, '--images', imageFolder, '--labels', labelFolder);
      assert.equal(status, 2);
      assert.match(stderr, says);
    });
  }
});
