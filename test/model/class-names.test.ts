import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseClassNamesFile, parseMetadataNames } from '../../src/model/class-names';

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
    for (const text of ["{0: 'a', 2: 'c'}", '{}', 'names', "{0: ''}"]) {
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
});
