// The editor takes a string from a validator for a reason only when the validator declares two parameters; with one, a
// string is true, and every value is valid.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { ROOT } from '../helpers/root';

interface Definition {
  defaults: Record<string, { value: unknown; validate?: (value: unknown, options?: object) => unknown }>;
}

/** Runs the scripts of a node's html, without a browser, and gives what they register. */
function definitionsOf(html: string): Record<string, Definition> {
  const definitions: Record<string, Definition> = {};
  const registerType = (type: string, definition: Definition) => (definitions[type] = definition);
  const context = createContext({ RED: { nodes: { registerType } }, document: { getElementById: () => null } });
  for (const [, script] of html.matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)) {
    runInContext(script as string, context);
  }
  return definitions;
}

// what the editor loads: made by the build out of properties.ts and editor.ts
const NODES = join(ROOT, 'dist', 'nodes');
/** What no property of any node can be. */
const WRONG = ['\u0000', '-1e99', 'NaN', '///#+'];

for (const file of (readdirSync(NODES, { recursive: true }) as string[]).filter(
  (name) => name.endsWith('.html') && !name.includes('locales'),
)) {
  for (const [type, { defaults }] of Object.entries(definitionsOf(readFileSync(join(NODES, file), 'utf8')))) {
    describe(`validators of ${type}`, () => {
      for (const [property, { value, validate }] of Object.entries(defaults)) {
        if (!validate) continue;
        it(property, () => {
          const node: Record<string, unknown> = { _: (key: string) => key };
          for (const [name, other] of Object.entries(defaults)) node[name] = other.value;
          const answers = WRONG.map((wrong) => validate.call(node, wrong, {}));
          for (const answer of answers) {
            if (typeof answer === 'string') assert.equal(validate.length, 2, 'a reason needs a second parameter');
          }
          const standing = validate.call(node, value, {});
          assert.ok(
            standing === true || value === '',
            `the default ${JSON.stringify(value)} is refused: ${String(standing)}`,
          );
        });
      }
    });
  }
}

describe('validators of thermal-guard, one by one', () => {
  const { defaults } = definitionsOf(readFileSync(join(NODES, 'thermal-guard', 'thermal-guard.html'), 'utf8'))[
    'thermal-guard'
  ] as Definition;
  const node = { _: (key: string) => key, soft: 75, hard: 82 };
  for (const [property, right, wrong] of [
    ['soft', ['', '20', 75, '110'], ['19', '111', 'hot']],
    ['hard', ['', '77', 82], ['76', '111']],
    ['sensor', ['', 'auto', 'vcgencmd', '/sys/class/thermal/thermal_zone0/temp'], ['temp', './temp']],
    ['interval', ['', '0', 10, '3600'], ['-1', '1.5', '3601']],
    ['reaction', ['', '5', 240], ['4', '3601', 'slow']],
  ] as const) {
    it(property, () => {
      const validate = defaults[property]?.validate;
      assert.ok(validate);
      for (const value of right) assert.equal(validate.call(node, value, {}), true, String(value));
      for (const value of wrong)
        assert.equal(validate.call(node, value, {}), 'inspection.expected.sentence', String(value));
    });
  }
});
