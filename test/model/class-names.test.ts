import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseClassNamesFile, parseMetadataNames, readClassNamesFile } from '../../src/model/class-names';

describe('parseMetadataNames', () => {
  const cases: [string, string | undefined, string[] | undefined][] = [
    ['a Python dict', "{0: 'open', 1: 'short'}", ['open', 'short']],
    ['quotes inside names', `{0: "mouse's bite", 1: 'a \\'b\\''}`, ["mouse's bite", "a 'b'"]],
    ['out of order', "{1: 'b', 0: 'a'}", ['a', 'b']],
    ['JSON', '{"0": "a", "1": "b"}', ['a', 'b']],
    ['a list', "['a', 'b']", ['a', 'b']],
    ['names with colons and commas', "{0: 'a: 1, b', 1: 'c'}", ['a: 1, b', 'c']],
    ['nothing', undefined, undefined],
    ['an empty text', ' ', undefined],
  ];
  for (const [name, text, wanted] of cases) it(name, () => assert.deepEqual(parseMetadataNames(text), wanted));

  it('refuses gaps and rubbish', () => {
    // the third made a list of 4 billion entries once
    for (const text of ["{0: 'a', 2: 'c'}", "{4294967294: 'x'}", '{}', 'names', "{0: ''}"]) {
      assert.throws(() => parseMetadataNames(text), {
        code: 'MODEL_INVALID',
        message: /^Expected class names such as/,
      });
    }
  });
});

describe('parseClassNamesFile', () => {
  it('takes one name per line, Windows line ends and a last empty line', () => {
    assert.deepEqual(parseClassNamesFile('open\r\nshort \n\n'), ['open', 'short']);
  });

  // looking at every later line for each one took 70 s
  it('200,000 blank lines cost no more than reading them', { timeout: 30_000 }, () => {
    const text = `a${'\n'.repeat(200_000)}b\n`;
    assert.equal(parseClassNamesFile(text).length, 200_001);
  });
});

describe('readClassNamesFile', () => {
  it('does not repeat what a file says that is no list of names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'names-'));
    const path = join(folder, 'class_names.txt');
    await writeFile(path, 'root:x:0:0\n\nsecret\n');
    await assert.rejects(readClassNamesFile(path), { message: /but received an empty line 2$/ });
    await writeFile(path, 'a\n'.repeat(30_000));
    await assert.rejects(readClassNamesFile(path), { message: /1 to 25000, .* but received 30000 lines$/ });
    await rm(folder, { recursive: true });
  });
});
