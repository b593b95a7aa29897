// The schemas in schemas/ and the types that messages are built with are one thing, said once or compared here.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { ROOT } from '../helpers/root';
import { shapeOf, type Schema } from '../helpers/schema-shape';

interface Generator {
  generateSchemas(): Promise<{ file: string; text: string }[]>;
  draft7Of(path: string, type: string): Schema & { definitions?: Record<string, Schema> };
}

const generator = import(pathToFileURL(join(ROOT, 'scripts', 'make-schemas.mjs')).href) as Promise<Generator>;
const FOLDER = join(ROOT, 'schemas');
const read = (file: string): Schema & { $id: string } =>
  JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Schema & { $id: string };

/** Schemas with limits and patterns of their own, and the types whose form they must have. */
const WRITTEN_BY_HAND = [
  ['defect-alert', 'src/alert/judge/messages.ts', 'Alert'],
  ['inspection-verdict', 'src/alert/judge/messages.ts', 'VerdictRecord'],
  ['inspection-status', 'src/alert/announce/presence.ts', 'StatusMessage'],
  ['golden-check', 'src/alert/golden/records.ts', 'GoldenRecord'],
  ['golden-alert', 'src/alert/golden/records.ts', 'GoldenAlert'],
  ['model-manifest', 'src/contract/manifest.ts', 'ModelManifest'],
] as const;

function pointer(document: Schema, path: string): Schema {
  const steps = path
    .split('/')
    .filter((step) => step !== '')
    .map((step) => decodeURIComponent(step));
  return steps.reduce((node, step) => node[step] as Schema, document);
}

/** Resolves references of a shipped schema, also into another file. */
function shipped(name: string): string[] {
  const follow = (file: string) => (ref: string) => {
    const [other, path] = ref.split('#') as [string, string | undefined];
    const target = other === '' ? file : other.replace(/^.*\//, '');
    return flatten(pointer(read(target), path ?? ''), target);
  };
  // references inside a file that is referred to are relative to that file
  const flatten = (node: Schema, file: string): Schema =>
    JSON.parse(JSON.stringify(node), (key, value: unknown) =>
      key === '$ref' && typeof value === 'string' && value.startsWith('#') ? file + value : value,
    ) as Schema;
  const file = `${name}.schema.json`;
  return shapeOf(flatten(read(file), file), follow(file));
}

describe('schemas', () => {
  it('what is generated from types is up to date: npm run schemas', async () => {
    for (const { file, text } of await (await generator).generateSchemas()) {
      assert.equal(readFileSync(file, 'utf8'), text, `${file} is not what its type says: npm run schemas`);
    }
  });

  for (const [name, path, type] of WRITTEN_BY_HAND) {
    it(`${name} has the form of ${type}`, async () => {
      const draft7 = (await generator).draft7Of(path, type);
      const resolve = (ref: string) =>
        draft7.definitions?.[decodeURIComponent(ref.replace('#/definitions/', ''))] as Schema;
      assert.deepEqual(shipped(name), shapeOf(draft7, resolve));
    });
  }

  it('all of them are valid under strict rules, and can be loaded together', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
    addFormats(ajv);
    const schemas = readdirSync(FOLDER).map(read);
    for (const schema of schemas) ajv.addSchema(schema);
    for (const { $id } of schemas) assert.ok(ajv.getSchema($id), $id);
  });
});
