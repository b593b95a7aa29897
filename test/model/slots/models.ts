import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { writeSynced, type Disk } from '../../../src/kit/disk';
import { signManifest } from '../../../src/model/slots/signature';

export interface TestModel {
  name: string;
  bytes?: Buffer;
  classNames?: string[];
  input?: { width: number; height: number };
  sha256?: string;
  privateKeyPem?: string;
}

/** Writes a model folder whose model.onnx is a few bytes: the slots never look inside it. Returns its SHA-256. */
export async function writeModel(disk: Disk, folder: string, model: TestModel): Promise<string> {
  const bytes = model.bytes ?? Buffer.from(`weights of ${model.name} `.repeat(20));
  const classNames = model.classNames ?? ['open', 'short'];
  const sha256 = model.sha256 ?? createHash('sha256').update(bytes).digest('hex');
  const manifest = Buffer.from(
    JSON.stringify({
      manifestVersion: 1,
      name: model.name,
      version: '1.0.0',
      sha256,
      precision: 'int8',
      input: { ...(model.input ?? { width: 640, height: 640 }), layout: 'nhwc', type: 'uint8' },
      head: { layout: 'yolov8' },
      classNames,
    }),
  );
  await disk.mkdir(folder);
  await writeSynced(disk, join(folder, 'model.onnx'), bytes);
  await writeSynced(disk, join(folder, 'manifest.json'), manifest);
  await writeSynced(disk, join(folder, 'class_names.txt'), Buffer.from(`${classNames.join('\n')}\n`));
  if (model.privateKeyPem !== undefined) {
    await writeSynced(disk, join(folder, 'manifest.sig'), Buffer.from(signManifest(manifest, model.privateKeyPem)));
  }
  return sha256;
}
