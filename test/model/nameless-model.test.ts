import assert from 'node:assert/strict';
import {
  fchmodSync,
  fstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { Detector } from '../../src/detector/detector';
import { sealNamelessModel, writeNamelessModel } from '../../src/model/nameless-model';
import { writeTinyModel } from '../helpers/tiny-model';

const folder = mkdtempSync(join(tmpdir(), 'nameless-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = writeTinyModel(join(folder, 'tiny.onnx'));
const ours = () => readdirSync(folder).filter((name) => name.startsWith('edge-inspect-'));

/** Has temporary files go into the test's own folder. */
async function withTmpdir<T>(path: string, action: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = path;
  try {
    return await action();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}

describe('a model mapped from a file without a name', () => {
  it('answers as the model that was read, and only the map is left of the file', async () => {
    const image = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#00ff00' } })
      .png()
      .toBuffer();
    const answers = [];
    for (const memoryMapped of [false, true]) {
      const detector = new Detector({ model: file, memoryMapped, threads: 2, lanes: 2 });
      try {
        await withTmpdir(folder, () => detector.start());
        const outcome = await detector.detect({ image });
        assert.ok(outcome.inspected);
        answers.push(outcome.detections);
        const maps = readFileSync(`/proc/${detector.stats().pid}/maps`, 'latin1').split('\n');
        const mapped = maps.filter((line) => line.includes('/edge-inspect-'));
        assert.equal(mapped.length, memoryMapped ? 2 : 0, 'one map per lane');
        assert.ok(mapped.every((line) => line.endsWith('model.ort (deleted)')));
        const descriptors = readdirSync(`/proc/${detector.stats().pid}/fd`).map((fd) => {
          try {
            return readlinkSync(`/proc/${detector.stats().pid}/fd/${fd}`);
          } catch {
            return ''; // closed meanwhile
          }
        });
        assert.deepEqual(
          descriptors.filter((path) => path.includes('/edge-inspect-')),
          [],
        );
        assert.deepEqual(ours(), []);
      } finally {
        await detector.stop();
      }
    }
    assert.ok(answers[0]!.length > 0);
    assert.deepEqual(answers[1], answers[0]);
  });

  it('can only be read, and is refused when it was changed while it was loaded', async () => {
    const model = await withTmpdir(folder, () => writeNamelessModel(readFileSync(file), {}));
    assert.equal(fstatSync(model.fd).mode & 0o777, 0o400);
    assert.equal(fstatSync(model.fd).nlink, 0);
    fchmodSync(model.fd, 0o600); // its owner may
    const bytes = readFileSync(model.path);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(model.path, bytes);
    await assert.rejects(sealNamelessModel(model), { code: 'MODEL_INVALID', message: /changed while it was loaded/ });
  });

  it('says in one sentence that there is no room for it', async () => {
    await assert.rejects(
      withTmpdir(join(folder, 'missing'), () => writeNamelessModel(readFileSync(file), {})),
      { code: 'IO_FAILED', message: /^The model could not be written to be mapped: / },
    );
    assert.deepEqual(ours(), []);
  });
});
