/**
 * How well the tests watch the code: small faults are put into the built files of src/alert, src/detector and src/model, one at a
 * time (a comparison, a condition, a number, an answer), and the nearest tests are run. A fault that no test notices
 * survives, and is shown.
 *
 * Usage: npm run lab -- mutants [COUNT per folder, default 20] [--seed 1] [--folders alert,detector,model]
 */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { Random } from '../../src/kit/random';
import { ROOT } from '../../test/helpers/root';

/** Tests that are run for one fault at most, the nearest first. */
const MAX_TESTS = 5;
/** Test files that take longer than this unchanged are left out, ms. */
const SLOW_MS = 40_000;
/** A fault may make a test hang: that is noticed as well, ms beyond three times the usual. */
const PATIENCE_MS = 8000;

interface Mutant {
  file: string;
  line: number;
  start: number;
  end: number;
  text: string;
  what: string;
}

const SWAPS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.AmpersandAmpersandToken, '||'],
  [ts.SyntaxKind.BarBarToken, '&&'],
]);

/** Every fault that a built file can get. */
function mutantsOf(file: string): Mutant[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.JS);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, text: string): void => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    const was = source.text.slice(start, end).replace(/\s+/g, ' ').slice(0, 60);
    mutants.push({ file, line, start, end, text, what: `${was} → ${text.replace(/\s+/g, ' ').slice(0, 60)}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node)) {
      const swap = SWAPS.get(node.operatorToken.kind);
      // '+' also joins texts, where '-' is no fault of this kind but always noticed
      if (swap) add(node.operatorToken, swap);
    } else if (ts.isIfStatement(node) || ts.isConditionalExpression(node)) {
      const condition = ts.isIfStatement(node) ? node.expression : node.condition;
      add(condition, `!(${condition.getText(source)})`);
    } else if (ts.isReturnStatement(node) && node.expression) add(node.expression, 'undefined');
    else if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) {
      const called = node.expression.expression.getText(source);
      if (!/defineProperty|require|^super/.test(called)) add(node, ';');
    } else if (ts.isNumericLiteral(node)) {
      // `(0, module.call)(…)` of the compiler
      const { parent } = node;
      const isCallee = ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.CommaToken;
      if (!isCallee) add(node, `(${node.text} + 1)`);
    } else if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, 'false');
    else if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
    ts.forEachChild(node, visit);
  };
  visit(source);
  // what the compiler writes at the head of each file
  return mutants.filter(({ line }) => line > 2);
}

function filesIn(folder: string, suffix: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => name.endsWith(suffix));
}

/** What a built file requires of ours. */
function requiresOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/require\("(\.{1,2}\/[^"]+)"\)/g);
  return [...found].map(([, name]) => `${resolve(dirname(file), name!)}.js`);
}

/** Test files by how near they are to each built file: steps over require. */
class Nearness {
  readonly #distances = new Map<string, Map<string, number>>();

  constructor(tests: readonly string[]) {
    for (const test of tests) {
      const distances = new Map([[test, 0]]);
      for (let reached = [test]; reached.length > 0;) {
        const next: string[] = [];
        for (const file of reached) {
          for (const required of safely(() => requiresOf(file))) {
            if (distances.has(required)) continue;
            distances.set(required, distances.get(file)! + 1);
            next.push(required);
          }
        }
        reached = next;
      }
      this.#distances.set(test, distances);
    }
  }

  nearest(file: string): string[] {
    return [...this.#distances]
      .flatMap(([test, distances]) => (distances.has(file) ? [{ test, steps: distances.get(file)! }] : []))
      .sort((a, b) => a.steps - b.steps || a.test.localeCompare(b.test))
      .map(({ test }) => test);
  }
}

function safely(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Runs a test file. @returns how long it took, ms; undefined: it failed or did not end in time */
function run(root: string, test: string, timeoutMs: number): number | undefined {
  const start = performance.now();
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
  const { status } = spawnSync(process.execPath, ['--test', test], {
    ...{ cwd: root, env, stdio: 'ignore', timeout: Math.ceil(timeoutMs), killSignal: 'SIGKILL' as const },
  });
  return status === 0 ? performance.now() - start : undefined;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seed: { type: 'string', default: '1' }, folders: { type: 'string', default: 'alert,detector,model' } },
  });
  const count = Number(positionals[0] ?? 20);
  const root = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    cpSync(join(ROOT, 'dist'), join(root, 'dist'), { recursive: true });
    for (const name of readdirSync(ROOT)) {
      if (name !== 'dist' && !name.startsWith('.git')) symlinkSync(join(ROOT, name), join(root, name));
    }
    const usualMs = new Map<string, number | undefined>();
    const usual = (test: string): number | undefined => {
      if (!usualMs.has(test)) usualMs.set(test, run(root, test, SLOW_MS));
      return usualMs.get(test);
    };
    for (const folder of values.folders.split(',')) {
      const tests = filesIn(join(root, 'dist', 'test', folder), '.test.js');
      const nearness = new Nearness(tests);
      const all = filesIn(join(root, 'dist', 'src', folder), '.js').flatMap(mutantsOf);
      const sample = new Random('mutants', folder, values.seed).shuffled(all).slice(0, count);
      let killed = 0;
      const survivors: string[] = [];
      let unwatched = 0;
      for (const mutant of sample) {
        const good = readFileSync(mutant.file, 'utf8');
        unlinkSync(mutant.file);
        writeFileSync(mutant.file, good);
        const near = nearness.nearest(mutant.file).filter((test) => usual(test) !== undefined);
        writeFileSync(mutant.file, good.slice(0, mutant.start) + mutant.text + good.slice(mutant.end));
        const isNoticed = near
          .slice(0, MAX_TESTS)
          .some((test) => run(root, test, 3 * usual(test)! + PATIENCE_MS) === undefined);
        writeFileSync(mutant.file, good);
        if (near.length === 0) unwatched += 1;
        if (isNoticed) killed += 1;
        else survivors.push(`${relative(join(root, 'dist'), mutant.file)}:${mutant.line} ${mutant.what}`);
      }
      const without = unwatched > 0 ? `, ${unwatched} without a test that ends within ${SLOW_MS / 1000} s` : '';
      console.log(`src/${folder}: ${killed} killed of ${sample.length} tried${without} (${all.length} possible)`);
      for (const survivor of survivors) console.log(`  survived: ${survivor}`);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

if (require.main === module) main();
