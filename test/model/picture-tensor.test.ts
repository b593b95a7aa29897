import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPictureTensor } from '../../src/model/picture-tensor';

const SIZE = { width: 3, height: 2 };
const PIXELS = Uint8Array.from({ length: 18 }, (_, index) => index * 15);

describe('openPictureTensor', () => {
  it('hands uint8 NHWC on without a copy', async () => {
    const picture = await openPictureTensor({ ...SIZE, layout: 'nhwc', type: 'uint8' });
    const tensor = await picture.of(PIXELS);
    assert.equal((tensor.data as Uint8Array).buffer, PIXELS.buffer);
    assert.deepEqual(tensor.dims, [1, 2, 3, 3]);
    await picture.close();
  });

  const planar = Array.from({ length: 18 }, (_, index) => PIXELS[(index % 6) * 3 + Math.floor(index / 6)] as number);
  const cases = [
    { layout: 'nchw', type: 'float32', wanted: planar.map((level) => Math.fround(level / 255)), dims: [1, 3, 2, 3] },
    { layout: 'nchw', type: 'uint8', wanted: planar, dims: [1, 3, 2, 3] },
    {
      layout: 'nhwc',
      type: 'float32',
      wanted: [...PIXELS].map((level) => Math.fround(level / 255)),
      dims: [1, 2, 3, 3],
    },
  ] as const;
  for (const { layout, type, wanted, dims } of cases) {
    it(`makes ${type} ${layout}`, async () => {
      const picture = await openPictureTensor({ ...SIZE, layout, type });
      const tensor = await picture.of(PIXELS);
      assert.deepEqual(tensor.dims, [...dims]);
      (tensor.data as Float32Array).forEach((value, index) => {
        assert.ok(Math.abs(value - (wanted[index] as number)) < 1e-6, `${index}: ${value}`);
      });
      await picture.close();
    });
  }
});
