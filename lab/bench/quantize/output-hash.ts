/**
 * Hashes of a model's outputs on a fixed picture: the same on x64 and on arm64 when integers do all the work. For arm64
 * run it with an arm64 Node.js, native or in an emulator.
 *
 * Usage: npm run lab -- output-hash MODEL…
 */
import { createHash } from 'node:crypto';
import { loadModel } from '../../../src/model/load-model';
import { ModelSession, Tensor } from '../../../src/model/session';

async function main(): Promise<void> {
  for (const path of process.argv.slice(2)) {
    const { bytes, inputName, manifest } = await loadModel(path);
    const { width, height, layout, type } = manifest.input;
    const size = 3 * width * height;
    const shape = layout === 'nhwc' ? [1, height, width, 3] : [1, 3, height, width];
    const level = (i: number): number => (i * 7 + (i >> 9) * 13) % 256;
    const picture =
      type === 'uint8'
        ? new Tensor(
            'uint8',
            Uint8Array.from({ length: size }, (_, i) => level(i)),
            shape,
          )
        : new Tensor(
            'float32',
            Float32Array.from({ length: size }, (_, i) => level(i) / 255),
            shape,
          );
    const session = await ModelSession.open(bytes, { threads: 1 });
    const outputs = await session.run({ [inputName]: picture });
    for (const [name, { data, dims }] of Object.entries(outputs)) {
      const values = data as Uint8Array;
      const hash = createHash('sha256').update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      process.stdout.write(`${path} ${name} [${dims.join(', ')}] ${hash.digest('hex').slice(0, 16)}\n`);
    }
    await session.release();
  }
}

void main();
