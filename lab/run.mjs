// `npm run lab` lists everything that measures, soaks or shows; `npm run lab -- NAME [ARGS]` builds and runs one of them.
// `npm run lab -- --record NAME [ARGS]` also keeps what it printed in lab/results/NAME.json, with machine and commit: the
// figures in README and docs come from there (test/docs/figures.test.ts).
// A program belongs to the list when its first comment has a line `Usage: npm run lab -- NAME …`.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What a program's first comment says, in one line, and how it is called; undefined for files that are no program. */
function describe(path) {
  const block = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
  const lines = block.split('\n').map((line) => line.replace(/^\s*\* ?/, ''));
  const usage = lines.find((line) => line.startsWith('Usage: npm run lab -- '));
  const purpose = lines
    .filter((line) => line !== usage)
    .join(' ')
    .trim()
    .split(/(?<=[.;:]) /)[0]
    .replace(/[.;:]$/, '');
  return usage && { usage, purpose };
}

function programs() {
  return readdirSync(join(root, 'lab'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((path) => ({ name: basename(path, '.ts'), path, ...describe(join(root, 'lab', path)) }))
    .filter(({ usage }) => usage !== undefined)
    .sort((a, b) => a.name.localeCompare(b.name));
}

function list() {
  const all = programs();
  const width = Math.max(...all.map(({ name }) => name.length));
  for (const { name, purpose } of all) console.log(`${name.padEnd(width)}  ${purpose}`);
}

function gitSays(...args) {
  return spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
}

/** Runs a program; what it prints is shown, and given back. */
function run(file, args) {
  return new Promise((resolve) => {
    // some programs compare memory before and after: they collect garbage first
    const child = spawn(process.execPath, ['--expose-gc', file, ...args], { stdio: ['inherit', 'pipe', 'inherit'] });
    const pieces = [];
    child.stdout.on('data', (piece) => {
      pieces.push(piece);
      process.stdout.write(piece);
    });
    child.on('close', (status) => resolve({ status: status ?? 1, output: Buffer.concat(pieces).toString('utf8') }));
  });
}

function record(name, args, output) {
  const result = {
    command: ['npm run lab --', name, ...args]
      .join(' ')
      .replaceAll(`${root}/`, '')
      .replaceAll(`${dirname(root)}/`, '../'),
    recordedAt: new Date().toISOString(),
    commit:
      gitSays('rev-parse', 'HEAD') + (gitSays('status', '--porcelain', '--untracked-files=no') ? ' and changes' : ''),
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      arch: arch(),
    },
    node: process.version,
    output: output.trimEnd().split('\n'),
  };
  mkdirSync(join(root, 'lab', 'results'), { recursive: true });
  writeFileSync(join(root, 'lab', 'results', `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

const args = process.argv.slice(2);
const isRecorded = args[0] === '--record';
if (isRecorded) args.shift();
const [wanted, ...rest] = args;
if (wanted === undefined) list();
else {
  const program = programs().find(({ name }) => name === wanted);
  if (!program) {
    console.error(`Expected the name of a program of the lab but received "${wanted}"; \`npm run lab\` lists them`);
    process.exit(2);
  }
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
  const { status, output } = await run(join(root, 'dist', 'lab', program.path.replace(/\.ts$/, '.js')), rest);
  if (isRecorded && status === 0) record(wanted, rest, output);
  process.exit(status);
}
