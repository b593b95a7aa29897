// Makes what the editor loads of each node beside its compiled code: dist/nodes/<node>/<node>.html out of the table of its
// properties and editor.ts, and its locales, with the captions that all nodes share.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { dialogRows, helpList } from './dialog-parts.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nodes = join(root, 'dist', 'nodes');
const require = createRequire(import.meta.url);
const FALLBACK = 'en-US';
/** Nothing but the comments changes: the code was compiled before. */
const COMPILED = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS, removeComments: true };

/**
 * Joins a compiled module and all it requires into one script for the browser. Modules see each other by their path, as
 * CommonJS does; a module of Node.js or of a package is refused, since no browser has it.
 */
export function bundle(entry) {
  const modules = new Map();
  const add = (file) => {
    const name = relative(join(root, 'dist'), file);
    if (modules.has(name)) return name;
    modules.set(name, '');
    const code = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions: COMPILED }).outputText;
    const local = code.replace(/require\("([^"]+)"\)/g, (_, wanted) => {
      if (!wanted.startsWith('.'))
        throw new Error(`Expected only modules of the browser in ${name} but found ${wanted}`);
      return `require("${add(`${resolve(dirname(file), wanted)}.js`)}")`;
    });
    modules.set(name, local);
    return name;
  };
  const first = add(entry);
  const table = [...modules].map(([name, code]) => `${JSON.stringify(name)}(exports, require) {\n${code}}`);
  return `(function () {
const modules = {\n${table.join(',\n')}\n};
const loaded = {};
function require(name) {
  if (!loaded[name]) modules[name]((loaded[name] = {}), require);
  return loaded[name];
}
require(${JSON.stringify(first)});
})();`;
}

const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const languagesOf = (folder) => (existsSync(folder) ? readdirSync(folder) : []);

/** The table of a node's properties: the one export of its properties.js that has a type. */
export function propertiesOf(type) {
  const exported = require(join(nodes, type, 'properties.js'));
  return Object.values(exported).find((value) => value?.type === type && value.table !== undefined);
}

/** The captions of a node in a language, with those that all nodes share. */
export function catalogueOf(type, language) {
  const files = [
    join('nodes', 'shared', 'locales', language, 'shared.json'),
    join('nodes', type, 'locales', language, `${type}.json`),
  ];
  return Object.assign(
    {},
    ...files
      .map((file) => join(root, file))
      .filter(existsSync)
      .map(readJson),
  );
}

export function nodeTypes() {
  return readdirSync(join(root, 'nodes')).filter((name) => existsSync(join(root, 'nodes', name, 'editor.ts')));
}

function buildDialog(type) {
  const properties = propertiesOf(type);
  const rows = dialogRows(properties, catalogueOf(type, FALLBACK));
  const script = bundle(join(nodes, type, 'editor.js')).replaceAll('</script', '<\\/script');
  writeFileSync(
    join(nodes, type, `${type}.html`),
    `<script type="text/html" data-template-name="${type}">\n  ${rows}\n</script>\n\n<script type="text/javascript">\n${script}\n</script>\n`,
  );
}

function buildLocales(type) {
  const languages = new Set([
    ...languagesOf(join(root, 'nodes', type, 'locales')),
    ...languagesOf(join(root, 'nodes', 'shared', 'locales')),
  ]);
  for (const language of languages) {
    const folder = join(nodes, type, 'locales', language);
    mkdirSync(folder, { recursive: true });
    const catalogue = catalogueOf(type, language);
    writeFileSync(join(folder, `${type}.json`), JSON.stringify(catalogue, null, 2));
    const help = join(root, 'nodes', type, 'locales', language, `${type}.html`);
    if (!existsSync(help)) continue;
    const text = readFileSync(help, 'utf8');
    const whole = textIn(catalogue, language);
    // before the first heading: what can be set comes before what comes in and goes out
    writeFileSync(
      join(folder, `${type}.html`),
      text.replace('<h3>', () => `${helpList(propertiesOf(type), whole)}\n  <h3>`),
    );
  }

  /** With the words of the fallback where a language has none. */
  function textIn(catalogue, language) {
    if (language === FALLBACK) return catalogue;
    const merge = (below, above) =>
      typeof below === 'object' && typeof above === 'object'
        ? Object.fromEntries(
            [...new Set([...Object.keys(below), ...Object.keys(above)])].map((key) => [
              key,
              merge(below[key], above[key]),
            ]),
          )
        : (above ?? below);
    return merge(catalogueOf(type, FALLBACK), catalogue);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const type of nodeTypes()) {
    buildDialog(type);
    buildLocales(type);
  }
}
