import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/main';
import { ROOT } from '../helpers/root';

/** What a user reads. */
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'models/pcb-defects/README.md',
  'models/training/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** Commands in blocks and in words: from `edge-inspect` to the end of the line or of the code. */
function commandsIn(text: string): string[] {
  const blocks = [...text.matchAll(/```\w*\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.replaceAll('\\\n', ' ').split('\n'),
  );
  const spans = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return [...blocks, ...spans].flatMap((line) => {
    const [, command] = /^\s*(?:\$ )?(?:npx )?edge-inspect ([^#|>;&]*)/.exec(line) ?? [];
    return command === undefined ? [] : [command.trim()];
  });
}

/** The words that the command line does not know. */
function unknownIn(command: string): string[] {
  const words = command.split(/\s+/).filter(Boolean);
  let at: Command = buildProgram();
  const options: string[] = [];
  for (const word of words) {
    const inner = at.commands.find((one) => one.name() === word);
    if (inner !== undefined && options.length === 0) at = inner;
    else options.push(word);
  }
  const isNamed = at.name() !== 'edge-inspect' || /^(--(help|version)|<|…|$)/.test(words[0] ?? '');
  const known = new Set(['--help', ...at.options.map(({ long }) => long ?? '')]);
  const names = options.flatMap((word) => /^\[?(--[a-z0-9-]+)/.exec(word)?.[1] ?? []);
  return [...(isNamed ? [] : [words[0] ?? '']), ...names.filter((name) => !known.has(name))];
}

describe('commands that the documents show', () => {
  for (const document of DOCUMENTS) {
    it(document, () => {
      for (const command of commandsIn(readFileSync(join(ROOT, document), 'utf8'))) {
        assert.deepEqual(unknownIn(command), [], `edge-inspect ${command}`);
      }
    });
  }

  it('are found, and a wrong one would show', () => {
    const text = 'See `npx edge-inspect detect --model M --imgae F`.\n```sh\nnpx edge-inspect slots list\n```\n';
    assert.deepEqual(commandsIn(text), ['slots list', 'detect --model M --imgae F']);
    assert.deepEqual(unknownIn('detect --model M --imgae F'), ['--imgae']);
    assert.deepEqual(unknownIn('detekt --model M').slice(0, 1), ['detekt']);
    assert.deepEqual(unknownIn('slots list'), []);
  });
});

describe('links in the documents', () => {
  for (const document of DOCUMENTS) {
    it(document, () => {
      const text = readFileSync(join(ROOT, document), 'utf8').replace(/```[\s\S]*?```/g, '');
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^(https?:|mailto:|#)/.test(target)) continue;
        const path = join(ROOT, dirname(document), decodeURI(target.split('#')[0] ?? ''));
        assert.ok(existsSync(path), `${document}: ${target} is not at ${relative(ROOT, path)}`);
      }
    });
  }
});
