import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Detection } from '../../../src/contract/detection';
import { DisputedStore, type NewDispute } from '../../../src/shadow/evidence/disputed-store';
import { boxInStoredPicture, exportDisputed } from '../../../src/shadow/evidence/export-disputed';

let root: string;
let folder: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'disputed-'));
  folder = join(root, 'evidence');
});
afterEach(() => rmSync(root, { recursive: true }));

const seen = (x: number, label = 'spur'): Detection => ({
  label,
  classId: label === 'spur' ? 1 : 0,
  confidence: 0.9,
  box: { x, y: 10, width: 20, height: 40 },
});
const model = (name: string) => ({ name, version: '1', sha256: name.repeat(64).slice(0, 64) });

function dispute(x: number, change: Partial<NewDispute> = {}): NewDispute {
  return {
    frame: { id: `frame ${x}`, format: 'jpeg' },
    size: { width: 200, height: 100 },
    models: { primary: model('a'), candidate: model('b') },
    classNames: ['open', 'spur'],
    answeredBy: 'primary',
    primary: [seen(x), seen(0, 'open')],
    candidate: [seen(0, 'open')],
    missed: [seen(x)],
    extra: [],
    flip: 'none',
    ...change,
  };
}
const picture = (seed: number, bytes = 1000) => Buffer.alloc(bytes, `picture ${seed} `);

describe('DisputedStore', () => {
  it('keeps the picture as it came, with both results and both hashes', async () => {
    const store = new DisputedStore(folder);
    const record = await store.save(picture(1), dispute(5));
    assert.deepEqual(readFileSync(join(folder, record?.image.file ?? '')), picture(1));
    assert.deepEqual(await new DisputedStore(folder).records(), [record]);
    assert.equal(record?.models.candidate.sha256, 'b'.repeat(64));
  });

  it('keeps the same picture once, and few of the same dispute', async () => {
    const store = new DisputedStore(folder, { maxPerSignature: 2 });
    await store.save(picture(1), dispute(5));
    assert.equal(await store.save(picture(1), dispute(100)), undefined);
    assert.ok(await store.save(picture(2), dispute(5)));
    assert.equal(await store.save(picture(3), dispute(6)), undefined, 'the same class at the same place');
    assert.ok(await store.save(picture(4), dispute(150)), 'at another place');
    assert.equal((await store.usage()).items, 3);
  });

  it('lets the oldest go, by number and by bytes', async () => {
    const store = new DisputedStore(folder, { maxItems: 3, maxBytes: 1e6, maxPerSignature: 99 });
    for (let i = 0; i < 5; i++) await store.save(picture(i), dispute(i * 20));
    assert.deepEqual(
      (await store.records()).map(({ frame }) => frame.id),
      ['frame 40', 'frame 60', 'frame 80'],
    );
    assert.equal(readdirSync(folder).length, 6);
    const small = new DisputedStore(folder, { maxItems: 99, maxBytes: 8000, maxPerSignature: 99 });
    await small.save(picture(9, 5000), dispute(180));
    const { items, bytes } = await small.usage();
    assert.ok(bytes <= 8000 && items < 4, `${items} items, ${bytes} bytes`);
  });

  it('saves one after another when many come at once', async () => {
    const store = new DisputedStore(folder, { maxItems: 10, maxPerSignature: 99 });
    await Promise.all(Array.from({ length: 30 }, (_, i) => store.save(picture(i), dispute(i * 5))));
    assert.equal(readdirSync(folder).length, 20);
  });

  it('clears away what a crash left, and nothing else', async () => {
    await new DisputedStore(folder).save(picture(1), dispute(5));
    const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.jpg'));
    const orphan = file.replace(/-\d{6}-/, '-999999-');
    writeFileSync(join(folder, orphan), 'picture without a record');
    writeFileSync(join(folder, 'notes.txt'), 'of a person');
    writeFileSync(join(folder, 'foreign.json'), '{}');
    assert.equal((await new DisputedStore(folder).records()).length, 1);
    assert.equal(existsSync(join(folder, orphan)), false);
    assert.ok(existsSync(join(folder, 'notes.txt')) && existsSync(join(folder, 'foreign.json')));
  });

  it('says in one sentence when the folder cannot be written', async () => {
    writeFileSync(folder, 'a file in its place');
    await assert.rejects(() => new DisputedStore(folder).save(picture(1), dispute(5)), {
      code: 'IO_FAILED',
      message: /^The disputed frame could not be saved: /,
    });
  });
});

describe('exportDisputed', () => {
  const labelsOf = (out: string) =>
    readdirSync(join(out, 'labels', 'train')).map((name) => readFileSync(join(out, 'labels', 'train', name), 'utf8'));

  it('writes a YOLO dataset to correct and train from', async () => {
    await new DisputedStore(folder).save(picture(1), dispute(50));
    const out = join(root, 'dataset');
    const summary = await exportDisputed({ from: folder, out, draft: 'union' });
    assert.deepEqual(summary, { out, images: 1, boxes: 2, classNames: ['open', 'spur'] });
    assert.deepEqual(labelsOf(out), ['0 0.050000 0.300000 0.100000 0.400000\n1 0.300000 0.300000 0.100000 0.400000\n']);
    const yaml = 'train: images/train\nval: images/train\nnames:\n  0: "open"\n  1: "spur"\n';
    assert.equal(readFileSync(join(out, 'data.yaml'), 'utf8'), yaml);
  });

  const drafts = { union: 2, agreed: 1, primary: 2, candidate: 1, none: 0 } as const;
  for (const [draft, boxes] of Object.entries(drafts)) {
    it(`starts from ${draft}`, async () => {
      await new DisputedStore(folder).save(picture(1), dispute(50));
      const out = join(root, draft);
      assert.equal((await exportDisputed({ from: folder, out, draft: draft as keyof typeof drafts })).boxes, boxes);
    });
  }

  it('turns raw pixels into PNG', async () => {
    const frame = { id: 'raw', format: 'rgb24' as const };
    const pixels = Buffer.alloc(20 * 10 * 3, 77);
    await new DisputedStore(folder).save(pixels, dispute(1, { frame, size: { width: 20, height: 10 } }));
    const out = join(root, 'dataset');
    await exportDisputed({ from: folder, out, draft: 'none' });
    const [name = ''] = readdirSync(join(out, 'images', 'train'));
    assert.match(name, /\.png$/);
    assert.equal(
      readFileSync(join(out, 'images', 'train', name))
        .subarray(1, 4)
        .toString(),
      'PNG',
    );
  });

  it('refuses an empty evidence folder, and a dataset folder with something in it', async () => {
    await assert.rejects(() => exportDisputed({ from: folder, out: join(root, 'x'), draft: 'none' }), {
      message: /^Expected at least one disputed frame/,
    });
    await new DisputedStore(folder).save(picture(1), dispute(50));
    await assert.rejects(() => exportDisputed({ from: folder, out: folder, draft: 'none' }), {
      message: /^Expected a new or empty folder for the dataset/,
    });
  });

  // a picture of 30 × 20 pixels as stored, with a mark at x 3, y 4, 5 wide, 6 high
  const marks: [0 | 90 | 180 | 270, { width: number; height: number }, [number, number, number, number]][] = [
    [0, { width: 30, height: 20 }, [3, 4, 5, 6]],
    [90, { width: 20, height: 30 }, [10, 3, 6, 5]],
    [180, { width: 30, height: 20 }, [22, 10, 5, 6]],
    [270, { width: 20, height: 30 }, [4, 22, 6, 5]],
  ];
  for (const [rotate, upright, [x, y, width, height]] of marks) {
    it(`finds the mark again after a turn by ${rotate} degrees`, () => {
      assert.deepEqual(boxInStoredPicture({ x, y, width, height }, upright, rotate), {
        box: { x: 3, y: 4, width: 5, height: 6 },
        width: 30,
        height: 20,
      });
    });
  }
});
