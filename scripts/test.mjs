// `npm test`: everything CI runs. `npm test -- frame nodes/camera` runs only test files whose path contains a word given.
// Node 20 has no glob for --test, so the files are listed here.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureSystemPackages } from './system-packages.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const filters = process.argv.slice(2);

function run(command, args) {
  console.log(`\n> ${command} ${args.length > 6 ? `${args.slice(0, 6).join(' ')} …` : args.join(' ')}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

function testFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => relative(root, join(folder, name)))
    .filter((name) => filters.length === 0 || filters.some((word) => name.includes(word)))
    .sort();
}

run('npm', ['run', '--silent', 'build']);
if (filters.length === 0) {
  ensureSystemPackages();
  run('npm', ['run', '--silent', 'lint']);
  run('npm', ['run', '--silent', 'format:check']);
}

const all = testFiles(join(root, 'dist', 'test'));
// End-to-end tests start whole Node-REDs and brokers: one at a time, after the rest.
const groups = [
  { files: all.filter((name) => !name.includes(join('test', 'e2e'))), concurrency: 2 },
  { files: all.filter((name) => name.includes(join('test', 'e2e'))), concurrency: 1 },
];
for (const { files, concurrency } of groups) {
  if (files.length > 0) run(process.execPath, ['--test', `--test-concurrency=${concurrency}`, ...files]);
}
