import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../helpers/root';

/**
 * Figures that documents quote come from recorded runs: `npm run lab -- --record NAME …` writes lab/results/NAME.json, and
 * what stands between `<!-- measured: NAME -->` and `<!-- /measured -->` may only hold numbers that such a run printed, to
 * the decimals that are written.
 */
const DOCUMENTS = [
  'README.md',
  'models/pcb-defects/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const RESULTS = join(ROOT, 'lab', 'results');
const REGION = /<!-- measured: ([\w, -]+) -->([\s\S]*?)<!-- \/measured -->/g;
const NUMBER = /(?<![\w.])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?/g;

interface Recorded {
  command: string;
  commit: string;
  machine: { cpu: string; cores: number };
  output: string[];
}

const numbersIn = (text: string): number[] =>
  [...text.matchAll(NUMBER)].map(([digits]) => Number(digits.replaceAll(',', '')));

/** What a run printed and how it was asked, as numbers. */
function printedBy(name: string): number[] {
  const path = join(RESULTS, `${name}.json`);
  assert.ok(existsSync(path), `a recorded run ${path}: npm run lab -- --record ${name} …`);
  const { command, machine, output } = JSON.parse(readFileSync(path, 'utf8')) as Recorded;
  return numbersIn([command, String(machine.cores), ...output].join('\n'));
}

/** Whether a figure is one of the printed ones, rounded as it is written. */
function isPrinted(figure: string, printed: readonly number[]): boolean {
  const decimals = figure.split('.')[1]?.length ?? 0;
  const value = Number(figure.replaceAll(',', ''));
  // half a unit of the last digit that is written, and a hair for binary fractions
  const tolerance = 0.5 * 10 ** -decimals + 1e-9;
  return printed.some((number) => Math.abs(number - value) <= tolerance);
}

/** Figures of a text, but for what is code: commands and names of options. */
function figuresOf(text: string): string[] {
  return [...text.replace(/`[^`]*`/g, ' ').matchAll(NUMBER)].map(([figure]) => figure);
}

describe('figures in documents', () => {
  for (const document of DOCUMENTS) {
    const text = readFileSync(join(ROOT, document), 'utf8');
    for (const [, names, region] of text.matchAll(REGION)) {
      const runs = (names as string).split(',').map((name) => name.trim());
      it(`${document}: those of ${runs.join(' and ')} are what was printed`, () => {
        const printed = runs.flatMap(printedBy);
        const invented = figuresOf(region as string).filter((figure) => !isPrinted(figure, printed));
        assert.deepEqual(invented, [], 'figures that no recorded run printed');
      });
    }
  }

  it('are told from others', () => {
    assert.ok(isPrinted('29.5', [29.46]));
    assert.ok(!isPrinted('29.5', [29.56]));
    assert.ok(isPrinted('1,850', [1849.7]));
    assert.deepEqual(figuresOf('took 12.5 ms (`--runs 60`) of 1,200 in v2'), ['12.5', '1,200']);
  });

  it('name machine, command and commit', () => {
    for (const name of (existsSync(RESULTS) ? readdirSync(RESULTS) : []).filter((each) => each.endsWith('.json'))) {
      const run = JSON.parse(readFileSync(join(RESULTS, name), 'utf8')) as Recorded;
      assert.match(run.commit, /^[0-9a-f]{40}/, name);
      assert.ok(run.machine.cpu && run.command.startsWith('npm run lab -- ') && run.output.length > 0, name);
    }
  });
});
