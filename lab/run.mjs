// `npm run lab` lists everything that measures, soaks or shows; `npm run lab -- NAME [ARGS]` builds and runs one of them.
// A program belongs to the list when its first comment says how it is run: `npm run lab -- NAME`.
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** The first comment of a program, without its marks, in one line. */
function headerOf(path) {
  const text = readFileSync(path, 'utf8');
  const block = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1] ?? /^(?:\/\/.*\n)+/.exec(text)?.[0] ?? '';
  return block
    .replace(/^\s*(\/\/|\*)\s?/gm, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** What a header says beside how it is called: its first sentence. */
function purposeOf(header) {
  const text = header.replace(/^(Usage: )?`?npm run lab -- .*?(\]|`|(?= [A-Z0-9][a-z]))[`:,]?\s*/, '');
  return text.split(/(?<=[.:;]) /)[0].replace(/[.:;]$/, '');
}

function programs() {
  return readdirSync(join(root, 'lab'), { recursive: true })
    .filter((name) => name.endsWith('.ts'))
    .map((path) => ({ name: basename(path, '.ts'), path, header: headerOf(join(root, 'lab', path)) }))
    .filter(({ name, header }) => header.includes(`npm run lab -- ${name}`))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function list() {
  const all = programs();
  const width = Math.max(...all.map(({ name }) => name.length));
  for (const { name, header } of all) console.log(`${name.padEnd(width)}  ${purposeOf(header)}`);
}

const [wanted, ...args] = process.argv.slice(2);
if (wanted === undefined) list();
else {
  const program = programs().find(({ name }) => name === wanted);
  if (!program) {
    console.error(`Expected the name of a program of the lab but received "${wanted}"; \`npm run lab\` lists them`);
    process.exit(2);
  }
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
  // some programs compare memory before and after: they collect garbage first
  const file = join(root, 'dist', 'lab', program.path.replace(/\.ts$/, '.js'));
  const { status } = spawnSync(process.execPath, ['--expose-gc', file, ...args], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
