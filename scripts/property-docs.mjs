// docs/properties.md, made from the tables of the nodes and their English captions. `--check` only says whether it is so.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { catalogueOf, nodeTypes, propertiesOf } from './build-dialogs.mjs';

const FILE = join(dirname(fileURLToPath(import.meta.url)), '..', 'docs', 'properties.md');

const INTRODUCTION = `# Properties of the nodes

Made by \`node scripts/property-docs.mjs\` from \`nodes/<node>/properties.ts\`, which the dialog and the run time read too.

A property that a flow lacks, and a number that is left empty, means its default, in the dialog and at run time alike. A value
that does not fit is refused with one sentence, _Expected X for Y but received Z_, and a red status. An
environment variable, \`\${NAME}\`, is read before that. A node saved now carries the version of its properties; older flows are brought up to date
when they are read.
`;

const code = (text) => `\`${text}\``;
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function rangeOf({ choices, min, max, unit }) {
  if (choices) return choices.map((word) => (word === '' ? 'empty' : code(word))).join(', ');
  if (min === undefined) return '';
  return `${min} … ${max}${unit ? ` ${unit}` : ''}`;
}

function whenOf({ when }) {
  return Object.entries(when ?? {})
    .map(([name, wanted]) => `${code(name)} is ${wanted === 'set' ? 'set' : wanted.map(code).join(' or ')}`)
    .join(' and ');
}

function sectionOf(type) {
  const { table, migrations } = propertiesOf(type);
  const words = catalogueOf(type, 'en-US')[type];
  const rows = Object.entries(table).map(([name, property]) => {
    const standard = property.default === '' || property.kind === 'list' ? '' : code(property.default);
    const note = [words.help[name], whenOf(property) && `Only when ${whenOf(property)}.`].filter(Boolean).join(' ');
    return `| ${[code(name), words.label[name], property.kind, standard, rangeOf(property), note].map(cell).join(' | ')} |`;
  });
  return `## ${type}\n\nVersion ${migrations.length}.\n\n| property | in the dialog | kind | default | range | meaning |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

const text = [INTRODUCTION, ...nodeTypes().sort().map(sectionOf)].join('\n');
const formatted = await prettier.format(text, { ...(await prettier.resolveConfig(FILE)), parser: 'markdown' });
if (!process.argv.includes('--check')) writeFileSync(FILE, formatted);
else if (readFileSync(FILE, 'utf8') !== formatted) {
  console.error('Expected docs/properties.md as the tables say but it is not: run node scripts/property-docs.mjs');
  process.exitCode = 1;
}
