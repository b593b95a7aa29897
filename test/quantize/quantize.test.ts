import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { nms } from '../../src/detect/nms';
import { encodePng } from '../../src/image/encode';
import { Pipeline } from '../../src/detect/pipeline';
import { InspectionError, type ErrorCode } from '../../src/contract/errors';
import { encodeOnnx, floatsOf, readOnnxFile, type TensorProto } from '../../src/onnx';
import { readOptions, type QuantizeOptions } from '../../src/quantize/options';
import { LEAST_HIGHEST_LOGIT, LOGIT_CUT } from '../../src/quantize/graph/levers/logits';
import { quantize } from '../../src/quantize/quantize';
import { writeTinyModel } from '../helpers/tiny-model';
import { cellPicture, colouredCells, writePictures } from './pictures';
import { NET_SIZE, V5_ANCHORS, yolov5Net, yolov8Net } from './yolo-nets';

function refusal(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof InspectionError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    return true;
  };
}

describe('quantize', () => {
  let folder: string;
  let pictures: string;
  let model: string;
  let number = 0;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'quantize-'));
    pictures = await writePictures(join(folder, 'pictures'), 12);
    model = writeTinyModel(join(folder, 'tiny.onnx'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const options = (change: Partial<Record<keyof QuantizeOptions, unknown>> = {}): QuantizeOptions =>
    readOptions({ model, calibration: pictures, out: join(folder, `out-${number++}`), threads: 1, ...change });

  /** Nothing but the given entries is in the folder of the test: no half-written model, no leftovers. */
  const assertClean = (out: string): void => {
    assert.equal(existsSync(out), false);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('partial')),
      [],
    );
  };

  it('writes a whole model folder that sees what the float model sees', async () => {
    const chosen = options();
    const result = await quantize(chosen);
    assert.equal(result.published, true);
    assert.deepEqual(readdirSync(chosen.out).sort(), [
      'certificate.html',
      'class_names.txt',
      'manifest.json',
      'model.onnx',
      'self-test.json',
      'self-test.png',
    ]);
    assert.equal(result.certificate.passed, true);
    assert.equal(result.certificate.basis, 'agreement');
    assert.ok(result.certificate.all.references > 5);
    const [float, int8] = [await Pipeline.open(model), await Pipeline.open(chosen.out)];
    assert.equal(int8.manifest.precision, 'int8');
    assert.equal(int8.info.selfTest, 'passed');
    assert.deepEqual(int8.manifest.input, { width: 64, height: 64, layout: 'nhwc', type: 'uint8' });
    const prepared = await float.prepare(await cellPicture(100));
    const cells = async (pipeline: Pipeline) =>
      nms((await pipeline.infer(prepared, { confidence: 0.5 })).detections)
        .map(({ label, box }) => [label, box])
        .sort();
    assert.deepEqual(await cells(int8), await cells(float));
    await float.close();
    await int8.close();
  });

  it('is deterministic: the same pictures under other names give the same bytes', async () => {
    const renamed = join(folder, 'renamed');
    mkdirSync(renamed);
    for (const name of readdirSync(pictures)) {
      writeFileSync(join(renamed, `z${99 - Number.parseInt(name)}.png`), readFileSync(join(pictures, name)));
    }
    const first = await quantize(options());
    const second = await quantize(options({ calibration: renamed }));
    assert.equal(second.manifest.sha256, first.manifest.sha256);
    assert.deepEqual(second.manifest.recipe, first.manifest.recipe);
  });

  for (const method of ['tail', 'minmax', 'mean', 'percentile', 'entropy']) {
    it(`certifies a model calibrated by ${method}`, async () => {
      assert.equal((await quantize(options({ method }))).certificate.passed, true);
    });
  }

  it('corrects biases and imitates other cameras when asked to; both are in the recipe', async () => {
    const file = join(folder, 'with-biases.onnx');
    writeFileSync(file, encodeOnnx(yolov8Net()));
    const base = { model: file, maxRecallLoss: 100 };
    const plain = await quantize(options(base));
    for (const change of [{ biasCorrection: true }, { augment: true }]) {
      const { manifest, certificate } = await quantize(options({ ...base, ...change }));
      assert.equal(certificate.passed, true);
      assert.notEqual(manifest.sha256, plain.manifest.sha256);
      for (const [key, value] of Object.entries(change)) assert.equal(manifest.recipe![key], value);
    }
  });

  it('measures what may stay float within a latency budget, and writes down how much did', async () => {
    const file = join(folder, 'budget.onnx');
    writeFileSync(file, encodeOnnx(yolov8Net()));
    const { manifest, certificate } = await quantize(
      options({ model: file, maxRecallLoss: 100, latencyBudget: '200' }),
    );
    assert.equal(certificate.passed, true, certificate.verdict);
    const { latencyBudget, keptFloat } = manifest.recipe as { latencyBudget: number; keptFloat: number };
    assert.equal(latencyBudget, 200);
    assert.equal(manifest.precision, keptFloat > 0 ? 'mixed' : 'int8');
  });

  it('keeps the most sensitive convolutions float when asked to', async () => {
    const file = join(folder, 'sensitive.onnx');
    writeFileSync(file, encodeOnnx(yolov8Net()));
    const chosen = options({ model: file, maxRecallLoss: 100, floatLayers: 3 });
    const { manifest, certificate } = await quantize(chosen);
    assert.equal(manifest.precision, 'mixed');
    // values that are only moved in the plan without float layers need ranges of their own
    assert.ok(certificate.all.foundInt8 > 0.7 * certificate.all.references, certificate.verdict);
    const { graph } = await readOnnxFile(join(chosen.out, 'model.onnx'));
    const weights = new Set(graph!.initializer.map(({ name }) => name));
    const floats = graph!.node.filter(({ opType, input }) => opType === 'Conv' && weights.has(input[1]!));
    assert.equal(floats.length, 3);
  });

  it('keeps the raw outputs of the last convolutions float when asked to', async () => {
    const file = join(folder, 'float-outputs.onnx');
    writeFileSync(file, encodeOnnx(yolov8Net()));
    const chosen = options({ model: file, maxRecallLoss: 100, floatOutputs: true });
    const { manifest } = await quantize(chosen);
    assert.equal(manifest.precision, 'mixed');
    for (const { box, classes } of manifest.head.outputs!) {
      assert.deepEqual([box!.type, box!.layout], ['float32', 'nchw']);
      assert.deepEqual([classes!.type, classes!.layout], ['float32', 'nchw']);
    }
    const [float, int8] = [await Pipeline.open(file), await Pipeline.open(chosen.out)];
    const prepared = await float.prepare(await cellPicture(2));
    const seen = (pipeline: Pipeline) => pipeline.infer(prepared, { confidence: 0.5 });
    const [expected, found] = [(await seen(float)).detections, (await seen(int8)).detections];
    assert.ok(expected.length > 3 && Math.abs(found.length - expected.length) <= 0.2 * expected.length);
    await float.close();
    await int8.close();
  });

  it('protects the class logits of a model whose head is not cut', async () => {
    const file = join(folder, 'uncut.onnx');
    writeFileSync(file, encodeOnnx(yolov8Net()));
    const chosen = options({ model: file, maxRecallLoss: 100, cutHead: false });
    const { manifest } = await quantize(chosen);
    assert.equal(manifest.head.layout, 'yolov8');
    const { graph } = await readOnnxFile(join(chosen.out, 'model.onnx'));
    for (const scale of [0, 1, 2]) {
      const of = (name: string): TensorProto =>
        graph!.initializer.find((tensor) => tensor.name === `class${scale}.1_${name}`)!;
      const [step] = floatsOf(of('scale'));
      const zero = of('zero_point').rawData[0]!;
      assert.ok((255 - zero) * step! >= LEAST_HIGHEST_LOGIT - step!, 'room for a sure answer');
      assert.ok(zero * step! <= -LOGIT_CUT + step!, 'no steps below the cut');
    }
  });

  it('takes pixels as input of a float first layer too', async () => {
    const file = join(folder, 'all-float.onnx');
    writeFileSync(file, encodeOnnx(yolov8Net()));
    const { certificate, manifest } = await quantize(options({ model: file, floatLayers: 1000, cutHead: false }));
    assert.equal(manifest.input.type, 'uint8');
    assert.equal(certificate.all.foundInt8, certificate.all.references);
  });

  it('fixes dynamic axes to the size asked for, and refuses another size for fixed ones', async () => {
    const dynamic = writeTinyModel(join(folder, 'dynamic.onnx'), { dynamic: true });
    const { manifest } = await quantize(options({ model: dynamic, size: 64 }));
    assert.deepEqual([manifest.input.width, manifest.input.height, manifest.name], [64, 64, 'dynamic']);
    await assert.rejects(quantize(options({ size: 96 })), refusal('BAD_ARGUMENT', /dynamic axes .* size/));
    assert.throws(() => options({ size: 50 }), refusal('BAD_ARGUMENT', /multiple of 32/));
  });

  it('gives int8 activations to arm64, with the same pixels as input', async () => {
    const { manifest, certificate } = await quantize(options({ target: 'arm64' }));
    assert.equal(certificate.passed, true);
    assert.deepEqual(manifest.input, { width: 64, height: 64, layout: 'nhwc', type: 'uint8' });
  });

  it('gives 7-bit weights to x64-avx2', async () => {
    const [wide, narrow] = [await quantize(options()), await quantize(options({ target: 'x64-avx2' }))];
    assert.notEqual(narrow.manifest.sha256, wide.manifest.sha256);
    assert.equal(narrow.certificate.passed, true);
  });

  for (const [name, net, layout] of [
    ['YOLOv8', yolov8Net, 'cut-yolov8'],
    ['YOLOv5', yolov5Net, 'cut-yolov5'],
  ] as const) {
    it(`cuts the ${name} head so that the engine decodes what the model's own tail decodes`, async () => {
      const file = join(folder, `${name}.onnx`);
      writeFileSync(file, encodeOnnx(net()));
      // random weights: that the two models agree with the float one is not the question here
      const change = { model: file, maxRecallLoss: 100 };
      const whole = options({ ...change, cutHead: false });
      const cut = options(change);
      const [wholeResult, cutResult] = [await quantize(whole), await quantize(cut)];
      assert.equal(cutResult.manifest.head.layout, layout);
      assert.equal(wholeResult.manifest.head.layout, layout.slice(4));
      if (layout === 'cut-yolov5') assert.deepEqual(cutResult.manifest.head.anchors, V5_ANCHORS);
      for (const { classes, all } of cutResult.manifest.head.outputs!) {
        const { scale, zeroPoint } = (classes ?? all) as { scale: number; zeroPoint: number };
        assert.ok(scale * (255 - zeroPoint) > LEAST_HIGHEST_LOGIT - scale, 'room for a sure answer');
      }
      const [a, b] = [await Pipeline.open(whole.out), await Pipeline.open(cut.out)];
      let compared = 0;
      for (const seed of [1, 2, 3]) {
        const prepared = await a.prepare(await cellPicture(seed));
        const infer = { confidence: 0.3, multiLabel: true };
        const expectedOnes = (await a.infer(prepared, infer)).detections;
        const found = (await b.infer(prepared, infer)).detections;
        assert.equal(found.length, expectedOnes.length);
        for (const [index, one] of found.entries()) {
          const other = expectedOnes[index]!;
          assert.equal(one.classId, other.classId);
          assert.ok(Math.abs(one.confidence - other.confidence) < 1e-4);
          for (const key of ['x', 'y', 'width', 'height'] as const) {
            assert.ok(Math.abs(one.box[key] - other.box[key]) < 0.05, `${key} ${one.box[key]} ${other.box[key]}`);
          }
          compared++;
        }
      }
      assert.ok(compared > 20, `only ${compared} detections`);
      await a.close();
      await b.close();
    });
  }

  it('makes the certificate on pictures of their own when they are given, with their labels', async () => {
    const judging = await writePictures(join(folder, 'judging'), 30);
    const labels = join(folder, 'judging-labels');
    mkdirSync(labels);
    for (let seed = 0; seed < 30; seed++) {
      const lines = colouredCells(seed).map(
        ({ classId, row, column }) => `${classId} ${(column + 0.5) / 4} ${(row + 0.5) / 4} 0.25 0.25`,
      );
      writeFileSync(join(labels, `${seed}.txt`), lines.join('\n'));
    }
    // 12 of the 30 are the calibration pictures: they only judge
    const more = await writePictures(join(folder, 'more'), 45);
    const { certificate, manifest } = await quantize(
      options({ calibration: more, certify: judging, certifyLabels: labels }),
    );
    assert.equal(certificate.images, 30);
    assert.equal(certificate.basis, 'labels');
    assert.equal(certificate.all.outcome, 'kept');
    const { calibrationSet } = manifest.recipe as { calibrationSet: { images: number; duplicates: number } };
    assert.deepEqual([calibrationSet.images, calibrationSet.duplicates], [15, 30]);
    assert.throws(() => options({ certifyLabels: labels }), refusal('BAD_ARGUMENT', /certify-labels/));
    await assert.rejects(
      quantize(options({ certify: join(folder, 'nowhere') })),
      refusal('SOURCE_UNAVAILABLE', /certify/),
    );
  });

  it('leaves the report of a refusal beside the folder that it does not write, until a model is published', async () => {
    // calibrated in the dark: in the light nearly every number is cut off
    const dark = join(folder, 'dark');
    mkdirSync(dark);
    for (let level = 0; level < 10; level++) {
      const pixels = new Uint8Array(NET_SIZE * NET_SIZE * 3).fill(level);
      writeFileSync(
        join(dark, `${level}.png`),
        await encodePng({ pixels, width: NET_SIZE, height: NET_SIZE, channels: 3 }),
      );
    }
    const chosen = options({ calibration: dark, certify: pictures });
    const result = await quantize(chosen);
    assert.equal(result.published, false);
    assert.equal(existsSync(chosen.out), false);
    const { html, json } = result.refusal!;
    assert.match(readFileSync(html, 'utf8'), /Refused: tiny/);
    const report = JSON.parse(readFileSync(json, 'utf8')) as { certificate: { passed: boolean }; recipe: unknown };
    assert.equal(report.certificate.passed, false);
    assert.ok(report.recipe);
    await quantize({ ...chosen, calibration: pictures, certify: undefined });
    assert.deepEqual([existsSync(html), existsSync(json)], [false, false]);
  });

  it('skips unreadable pictures, counts and lists them', async () => {
    const mixed = await writePictures(join(folder, 'mixed'), 10);
    writeFileSync(join(mixed, 'broken.jpg'), 'no picture');
    writeFileSync(join(mixed, 'twin.png'), readFileSync(join(mixed, '1.png')));
    const result = await quantize(options({ calibration: mixed }));
    assert.deepEqual(
      result.skipped.map(({ file }) => file),
      ['broken.jpg'],
    );
    const { calibrationSet } = result.manifest.recipe as { calibrationSet: Record<string, unknown> };
    assert.deepEqual([calibrationSet.skipped, calibrationSet.duplicates], [1, 1]);
  });

  it('refuses too few pictures, text, an integer model and an occupied folder, and leaves nothing behind', async () => {
    const few = await writePictures(join(folder, 'few'), 5);
    writeFileSync(join(few, 'broken.jpg'), 'no picture');
    const tooFew = options({ calibration: few });
    await assert.rejects(
      quantize(tooFew),
      refusal('BAD_ARGUMENT', /at least 8 .* received "5 .*1 unreadable: broken.jpg/),
    );
    assertClean(tooFew.out);

    const text = join(folder, 'text.onnx');
    writeFileSync(text, 'hello');
    await assert.rejects(quantize(options({ model: text })), refusal('MODEL_INVALID', /ONNX/));

    const first = options();
    await quantize(first);
    const again = options({ model: join(first.out, 'model.onnx') });
    await assert.rejects(quantize(again), refusal('MODEL_UNSUPPORTED', /float32 model .* quantized already/));
    assertClean(again.out);

    const occupied = options();
    mkdirSync(occupied.out);
    writeFileSync(join(occupied.out, 'notes.txt'), 'mine');
    await assert.rejects(quantize(occupied), refusal('BAD_ARGUMENT', /nothing but a model .* notes\.txt/));
    assert.deepEqual(readdirSync(occupied.out), ['notes.txt']);

    // a model folder is replaced by the new one
    assert.equal((await quantize({ ...first, method: 'minmax' })).published, true);
  });

  it('refuses an output folder that cannot be made', async () => {
    const file = join(folder, 'a-file');
    writeFileSync(file, '');
    await assert.rejects(quantize(options({ out: join(file, 'out') })), refusal('IO_FAILED', /could not be written/));
  });

  it('stops on request and leaves nothing behind', async () => {
    const chosen = options();
    const abort = new AbortController();
    const work = quantize(chosen, {
      signal: abort.signal,
      onProgress: ({ step }) => {
        if (step === 'calibrating') abort.abort();
      },
    });
    await assert.rejects(work, refusal('CANCELLED', /stopped/));
    assertClean(chosen.out);
  });

  it('reports progress that only grows and ends at 1', async () => {
    const seen: number[] = [];
    await quantize(options(), { onProgress: ({ done }) => seen.push(done) });
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.ok(Math.abs(seen.at(-1)! - 1) < 1e-9);
  });
});
