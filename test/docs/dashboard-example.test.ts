import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'node:test';
import { ROOT } from '../helpers/root';

interface Maker {
  EXAMPLE: string;
  dashboardExample(): Promise<string>;
}
type Words = Record<string, Record<string, Record<string, unknown>>>;

describe('the dashboard example', () => {
  const folder = join(ROOT, 'scripts', 'dashboard');

  it('is what its sources make: node scripts/make-dashboard.mjs', async () => {
    const maker = (await import(pathToFileURL(join(ROOT, 'scripts', 'make-dashboard.mjs')).href)) as Maker;
    assert.equal(readFileSync(maker.EXAMPLE, 'utf8'), await maker.dashboardExample());
  });

  it('has every word in every language', () => {
    const words = JSON.parse(readFileSync(join(folder, 'words.json'), 'utf8')) as Words;
    for (const [card, languages] of Object.entries(words)) {
      const keys = (language: string) => Object.keys(languages[language] ?? {}).sort();
      for (const language of Object.keys(words.all ?? {}))
        assert.deepEqual(keys(language), keys('en'), `${card} ${language}`);
    }
  });
});
