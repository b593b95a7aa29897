import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ownPageOnly } from '../../../nodes/shared/own-page';

const FORM = { 'content-type': 'application/x-www-form-urlencoded', host: 'pi:1880' };

const CASES: [string, Record<string, string>, boolean][] = [
  ['a form of another page', { ...FORM, origin: 'http://evil.example' }, false],
  ['a form of another page, by the header of new browsers', { ...FORM, 'sec-fetch-site': 'cross-site' }, false],
  ['a form of a file or a sandbox', { ...FORM, origin: 'null' }, false],
  ['text of another page', { ...FORM, 'content-type': 'text/plain', origin: 'http://evil.example' }, false],
  ['an empty POST of another port', { host: 'pi:1880', origin: 'http://pi:8080' }, false],
  ['the same page', { ...FORM, origin: 'http://pi:1880', 'sec-fetch-site': 'same-origin' }, true],
  [
    'JSON, which another page must ask for first',
    { 'content-type': 'application/json; charset=UTF-8', origin: 'x' },
    true,
  ],
  ['the editor behind a proxy', { ...FORM, origin: 'https://station', 'x-requested-with': 'XMLHttpRequest' }, true],
  ['curl', { host: 'pi:1880' }, true],
];

describe('ownPageOnly', () => {
  for (const [name, headers, isLetIn] of CASES) {
    it(`${name} is ${isLetIn ? 'let in' : 'kept out'}`, () => {
      const answers: unknown[] = [];
      let isIn = false;
      const response = { status: (code: number) => ({ json: (body: unknown) => answers.push(code, body) }) };
      ownPageOnly({ headers }, response, () => (isIn = true));
      assert.equal(isIn, isLetIn);
      const refusal = [403, { error: 'Expected a request of the editor but received one of another page' }];
      assert.deepEqual(answers, isLetIn ? [] : refusal);
    });
  }
});
