import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { folderSource, naturalOrder } from '../../../src/camera/sources/folder';
import { Heard, jpeg, markOf, patience, stopAfter, temporaryFolder, until } from '../support';
import { steadyNowMs } from '../../../src/kit/clock';

function folderWith(names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), jpeg(name));
  return folder;
}

function openFolder(path: string, loop: boolean, maxBytes = 1_000_000) {
  const heard = new Heard();
  const source = folderSource({ path, loop, maxBytes }, heard);
  stopAfter(source).start();
  const next = async () => markOf((await source.capture(0, patience())).bytes);
  return { source, heard, next };
}

describe('folder source', () => {
  it('orders names as people do', () => {
    const names = ['part10.jpg', 'part2.jpg', 'Part1.jpg', 'a.jpg', 'part02.jpg'];
    assert.deepEqual(names.sort(naturalOrder), ['a.jpg', 'Part1.jpg', 'part02.jpg', 'part2.jpg', 'part10.jpg']);
  });

  it('gives the pictures in natural order, again and again when it loops', async () => {
    const { source, next } = openFolder(folderWith(['p10.jpg', 'p9.jpg', 'notes.txt']), true);
    assert.deepEqual([await next(), await next(), await next()], ['p9.jpg', 'p10.jpg', 'p9.jpg']);
    await source.stop();
  });

  it('says format, size and time', async () => {
    const { source } = openFolder(folderWith(['a.jpg']), false);
    const before = steadyNowMs();
    const picture = await source.capture(0, patience());
    assert.deepEqual([picture.format, picture.width, picture.height], ['jpeg', 64, 48]);
    assert.ok(picture.capturedAtMs >= before && picture.capturedAtMs <= steadyNowMs());
    await source.stop();
  });

  it('waits for new pictures after the last one when it does not loop', async () => {
    const folder = folderWith(['a.jpg']);
    const { source, heard, next } = openFolder(folder, false);
    assert.equal(await next(), 'a.jpg');
    const waiting = next();
    await until(() => heard.states.includes('waiting'), 'the state waiting');
    writeFileSync(join(folder, 'b.jpg'), jpeg('b.jpg'));
    assert.equal(await waiting, 'b.jpg');
    assert.deepEqual(heard.states, ['connecting', 'live', 'waiting', 'live']);
    await source.stop();
  });

  it('takes a new picture up only when its file no longer grows', async () => {
    const folder = folderWith(['a.jpg']);
    const { source, heard, next } = openFolder(folder, false);
    await next();
    const waiting = source.capture(0, patience());
    await until(() => heard.states.includes('waiting'), 'the state waiting');
    const whole = jpeg('b.jpg');
    const path = join(folder, 'b.jpg');
    // a slow writer: grows until the end, faster than the source looks
    for (let size = 20; size <= whole.length; size += 20) {
      writeFileSync(path, whole.subarray(0, size));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    writeFileSync(path, whole);
    assert.equal((await waiting).bytes.length, whole.length);
    await source.stop();
  });

  const refusals: Array<[string, (folder: string) => string, RegExp]> = [
    [
      'a folder that is not there',
      (folder) => join(folder, 'none'),
      /^Expected a folder for path but ".*none" is not there/,
    ],
    ['a file instead of a folder', (folder) => join(folder, 'a.jpg'), /is a file: give the folder that holds it$/],
    [
      'a folder without pictures',
      (folder) => {
        mkdirSync(join(folder, 'empty'));
        return join(folder, 'empty');
      },
      /^Expected at least one picture \(\.jpg .*\) in ".*empty" but it has none$/,
    ],
  ];
  for (const [what, pathIn, sentence] of refusals) {
    it(`refuses ${what}, every time it is asked`, async () => {
      const { source, heard } = openFolder(pathIn(folderWith(['a.jpg'])), true);
      const refused = { code: 'SOURCE_UNAVAILABLE', message: sentence };
      await assert.rejects(source.capture(0, patience()), refused);
      await assert.rejects(source.capture(0, patience()), refused);
      assert.equal(heard.states.at(-1), 'lost');
      await source.stop();
    });
  }

  it('comes back when a folder that vanished is there again', async () => {
    const folder = folderWith(['a.jpg']);
    const { source, heard, next } = openFolder(folder, true);
    assert.equal(await next(), 'a.jpg');
    rmSync(folder, { recursive: true });
    await assert.rejects(next(), /is not there/);
    mkdirSync(folder);
    writeFileSync(join(folder, 'c.jpg'), jpeg('c.jpg'));
    await source.recovered(patience());
    assert.equal(await next(), 'c.jpg');
    assert.deepEqual(
      heard.states.filter((state) => state !== 'waiting'),
      ['connecting', 'live', 'lost', 'live'],
    );
    await source.stop();
  });

  it('tells a file that is no picture, or too large, by name and goes on', async () => {
    const folder = folderWith(['c.jpg']);
    writeFileSync(join(folder, 'a.jpg'), 'no picture');
    writeFileSync(join(folder, 'b.jpg'), Buffer.alloc(5_000));
    const { source, heard, next } = openFolder(folder, false, 4_000);
    await assert.rejects(next(), { code: 'BAD_IMAGE', message: 'Expected a picture but "a.jpg" (10 bytes) is none' });
    await assert.rejects(next(), /^Expected at most 4000 bytes for b.jpg but received 5000 bytes$/);
    assert.equal(await next(), 'c.jpg');
    assert.deepEqual(heard.losses, ['broken', 'broken']);
    await source.stop();
  });

  it('does not follow a link out of the folder', async () => {
    const secret = join(temporaryFolder(), 'secret.jpg');
    writeFileSync(secret, jpeg('secret'));
    const folder = temporaryFolder();
    symlinkSync(secret, join(folder, 'a.jpg'));
    writeFileSync(join(folder, 'b.jpg'), jpeg('b.jpg'));
    symlinkSync(join(folder, 'b.jpg'), join(folder, 'c.jpg'));
    const { source, next } = openFolder(folder, false);
    await assert.rejects(next(), /"a.jpg" is a link out of it$/);
    assert.deepEqual([await next(), await next()], ['b.jpg', 'b.jpg']);
    await source.stop();
  });

  it('ends a waiting capture when it is stopped', async () => {
    const { source, heard, next } = openFolder(folderWith(['a.jpg']), false);
    await next();
    const waiting = source.capture(0, patience());
    const rejected = assert.rejects(waiting, { code: 'CANCELLED' });
    await until(() => heard.states.includes('waiting'), 'the state waiting');
    await source.stop();
    await rejected;
    await assert.rejects(source.capture(0, patience()), { code: 'CANCELLED' });
  });
});
