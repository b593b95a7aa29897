// `npm test`: everything CI runs. `npm test -- frame nodes/camera` runs only test files whose path contains a word given.
// Of the tests on emulated processors, which take minutes, it runs the two that matter most: `npm run test:arm64` and
// `test:x64-cpus` run all.
// Node 20 has no glob for --test, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EMULATION, ensureSystemPackages } from './system-packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const filters = process.argv.slice(2);

/** What went wrong so far: one step's failure must not keep the next from being seen. */
const failed = [];

/** Runs one step of the whole. @param name for the summary at the end @returns whether it went well */
function run(name, command, args) {
  console.log(`\n> ${command} ${args.length > 6 ? `${args.slice(0, 6).join(' ')} …` : args.join(' ')}`);
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) return true;
  failed.push(`${name} (${error ? error.message : signal ? `ended by ${signal}` : `exit code ${status}`})`);
  return false;
}

/** Ends the run: says what failed, after everything that could run has run. */
function finish() {
  if (failed.length === 0) return;
  console.error(`\nnpm test failed: ${failed.join('; ')}`);
  process.exit(1);
}

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => relative(root, join(folder, name)))
    .filter((name) => filters.length === 0 || filters.some((word) => name.includes(word)))
    .sort();
}

// without a build there is nothing to test
if (!run('build', 'npm', ['run', '--silent', 'build'])) finish();
if (filters.length === 0) {
  ensureSystemPackages();
  run('lint', 'npm', ['run', '--silent', 'lint']);
  run('format check', 'npm', ['run', '--silent', 'format:check']);
}

/** Four minutes of deploys that fail: a command of their own, `npm run test:deploy`. */
const isLong = (name) => name.endsWith('deploy-failures.test.js');
const all = testFiles(join(root, 'dist', 'test')).filter((name) => filters.length > 0 || !isLong(name));
const inFolder = (folder) => (name) => name.startsWith(join('dist', 'test', folder));
const [isE2e, isEmulated] = [inFolder('e2e'), inFolder('emulated')];
const groups = [
  { name: 'tests', files: all.filter((name) => !isE2e(name) && !isEmulated(name)), flags: ['--test-concurrency=2'] },
  // whole Node-REDs and brokers: one at a time, after the rest
  { name: 'end-to-end tests', files: all.filter(isE2e), flags: ['--test-concurrency=1'] },
  {
    name: 'tests on emulated processors',
    files: all.filter(isEmulated),
    flags: ['--test-concurrency=1', ...(filters.length === 0 ? ['--test-name-pattern=cortex-a76:|haswell:'] : [])],
  },
];
if (filters.length > 0 && groups.at(-1).files.length > 0) ensureSystemPackages(EMULATION);
for (const { name, files, flags } of groups) {
  if (files.length > 0) run(name, process.execPath, ['--test', ...flags, ...files]);
}
finish();
