// What a user reads of a node is made from the table of its properties: nothing may be missing, nothing left over.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { NodeProperties } from '../../../nodes/shared/properties';
import { ROOT } from '../../helpers/root';

type Catalogue = Record<string, Record<string, Record<string, unknown>>>;

const NODES = join(ROOT, 'dist', 'nodes');
const declared = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  'node-red': { nodes: Record<string, string> };
};
const CUSTOM_ROWS = new Set(['name']);

for (const type of Object.keys(declared['node-red'].nodes)) {
  const room = join(NODES, type);
  if (!existsSync(join(room, 'properties.js'))) continue;
  // by its type: the name of the export is the module's own business
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const exported = Object.values(require(join(room, 'properties.js')) as object) as NodeProperties[];
  const { table } = exported.find((value) => value?.type === type) ?? assert.fail(`no properties of ${type}`);
  const names = Object.keys(table);

  describe(`what is shown of the properties of ${type}`, () => {
    it('the dialog has a field for each, and none without a property', () => {
      const html = readFileSync(join(room, `${type}.html`), 'utf8');
      const fields = [...html.matchAll(/<(?:input|select|ol)[^>]* id="node-(?:config-)?input-([A-Za-z]+)(?:-list)?"/g)];
      const shown = fields.map(([, name]) => name as string).filter((name) => !CUSTOM_ROWS.has(name));
      assert.deepEqual(shown, names);
    });

    for (const language of readdirSync(join(room, 'locales')).filter((name) => name === 'en-US')) {
      const catalogue = JSON.parse(readFileSync(join(room, 'locales', language, `${type}.json`), 'utf8')) as Catalogue;
      const {
        label = {},
        help = {},
        hint = {},
        tip = {},
        placeholder = {},
      } = catalogue[type] ?? assert.fail('no captions');

      it(`${language}: a caption and an explanation for each, in the help too, and none left over`, () => {
        const page = readFileSync(join(room, 'locales', language, `${type}.html`), 'utf8');
        for (const name of names) {
          assert.ok(label[name], `no label.${name}`);
          assert.ok(help[name], `no help.${name}`);
          assert.ok(page.includes(`<dd>${help[name] as string}</dd>`), `${name} is not in the help`);
        }
        for (const [group, words] of Object.entries({ help, hint, tip, placeholder })) {
          for (const name of Object.keys(words)) {
            assert.ok(names.includes(name) || CUSTOM_ROWS.has(name), `${group}.${name} is of no property`);
          }
        }
      });

      it(`${language}: the words of every choice that has any`, () => {
        for (const [name, { choices = [] }] of Object.entries(table)) {
          const words = catalogue[type]?.[name];
          if (words === undefined) continue;
          const known = new Set(choices.map((word) => word || 'none'));
          for (const word of Object.keys(words)) assert.ok(known.has(word), `${name}.${word} is no choice`);
        }
      });
    }
  });
}

describe('docs/properties.md', () => {
  it('says what the tables say', () => {
    const script = join(ROOT, 'scripts', 'property-docs.mjs');
    const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
});
