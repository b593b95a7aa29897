import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeOnnx, encodeOnnx, ioOf } from '../../src/onnx';
import { PIXELS, putPixelsInFront, takesPixels } from '../../src/model/picture-input';
import { openPictureTensor } from '../../src/model/picture-tensor';
import { TINY_SIZE, tinyModel } from '../helpers/tiny-model';

const WIDTH = 3;
const HEIGHT = 2;
/** 18 levels that are all different, rows × columns × RGB. */
const pixels = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, index) => 14 * index);
const planes = [0, 1, 2].flatMap((channel) => Array.from(pixels).filter((_, index) => index % 3 === channel));

describe('pixels as a tensor', () => {
  const cases = [
    { layout: 'nhwc', type: 'uint8', dims: [1, HEIGHT, WIDTH, 3], right: Array.from(pixels) },
    { layout: 'nchw', type: 'uint8', dims: [1, 3, HEIGHT, WIDTH], right: planes },
    { layout: 'nhwc', type: 'float32', dims: [1, HEIGHT, WIDTH, 3], right: Array.from(pixels, (level) => level / 255) },
    { layout: 'nchw', type: 'float32', dims: [1, 3, HEIGHT, WIDTH], right: planes.map((level) => level / 255) },
  ] as const;
  for (const { layout, type, dims, right } of cases) {
    it(`${type} ${layout}`, async () => {
      const picture = await openPictureTensor({ width: WIDTH, height: HEIGHT, layout, type });
      const tensor = await picture.of(pixels);
      assert.deepEqual([tensor.type, [...tensor.dims]], [type, [...dims]]);
      Array.from(tensor.data as Uint8Array | Float32Array).forEach((value, index) =>
        assert.ok(Math.abs(value - (right[index] as number)) < 1e-6, `${value} at ${index}`),
      );
      await picture.close();
    });
  }
});

describe('pixels put in front of a model', () => {
  it('replaces the input and keeps everything else', () => {
    const model = decodeOnnx(tinyModel(), 'tiny');
    const before = model.graph?.node.length ?? 0;
    putPixelsInFront(model, 'images', { width: TINY_SIZE, height: TINY_SIZE, layout: 'nchw', type: 'float32' });
    const { inputs, outputs } = ioOf(decodeOnnx(encodeOnnx(model), 'tiny with pixels'));
    assert.deepEqual(
      inputs.map(({ name, type, shape }) => [name, type, shape]),
      [[PIXELS, 'uint8', [1, TINY_SIZE, TINY_SIZE, 3]]],
    );
    assert.deepEqual(
      outputs.map(({ name }) => name),
      ['output0'],
    );
    assert.equal(model.graph?.node.length, before + 3);
  });

  it('is not needed for uint8 NHWC', () => {
    assert.ok(takesPixels({ width: 1, height: 1, layout: 'nhwc', type: 'uint8' }));
    assert.ok(!takesPixels({ width: 1, height: 1, layout: 'nchw', type: 'uint8' }));
    assert.ok(!takesPixels({ width: 1, height: 1, layout: 'nhwc', type: 'float32' }));
  });
});
