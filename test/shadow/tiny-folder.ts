import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '../../src/image/encode';
import { Random } from '../../src/kit/random';
import { TINY_CLASSES, TINY_SIZE, tinyModel, type TinyModelOptions } from '../helpers/tiny-model';

/** Writes a model folder around a real, tiny detection model. Returns its path. */
export function writeTinyFolder(folder: string, name: string, options: TinyModelOptions = {}): string {
  const bytes = tinyModel(options);
  const names = options.names ?? TINY_CLASSES;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), bytes);
  writeFileSync(join(folder, 'class_names.txt'), `${names.join('\n')}\n`);
  const manifest = {
    manifestVersion: 1,
    name,
    version: '1.0.0',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    precision: 'fp32',
    input: { width: TINY_SIZE, height: TINY_SIZE, layout: 'nchw', type: 'float32' },
    head: { layout: 'yolov8' },
    classNames: names,
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}

const CELL_PX = 16;
const CELLS = TINY_SIZE / CELL_PX;

/** A grey picture with some cells of pure colour, drawn by the seed: what the tiny model sees is known. */
export async function colouredPicture(seed: number): Promise<{ image: Buffer; classIds: number[] }> {
  const random = new Random('coloured picture', seed);
  const pixels = new Uint8Array(TINY_SIZE * TINY_SIZE * 3).fill(128);
  const cells = random
    .shuffled(Array.from({ length: CELLS * CELLS }, (_, cell) => cell))
    .slice(0, random.integer(0, 4));
  const classIds = cells.map(() => random.integer(0, 2));
  for (const [index, cell] of cells.entries()) {
    const [left, top] = [(cell % CELLS) * CELL_PX, Math.floor(cell / CELLS) * CELL_PX];
    for (let y = top; y < top + CELL_PX; y++) {
      for (let x = left; x < left + CELL_PX; x++) {
        const at = (y * TINY_SIZE + x) * 3;
        pixels.fill(0, at, at + 3);
        pixels[at + (classIds[index] as number)] = 255;
      }
    }
  }
  return { image: await encodePng({ pixels, width: TINY_SIZE, height: TINY_SIZE, channels: 3 }), classIds };
}
