import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { expected, InspectionError } from '../contract/errors';
import { contentHash } from './content-hash';
import { runProgram } from './program';

/** The package with everything it needs on one kind of machine, ready to be unpacked: no registry is asked on the target. */
export interface Bundle {
  /** A gzipped tar with `node_modules/` in it. */
  file: string;
  bytes: number;
  sha256: string;
  /** Of its content: the name of the release on the target. */
  release: string;
  /** Name and version of the package. */
  package: { name: string; version: string };
}

export type Arch = 'arm64' | 'x64';

/** Root of the package that this file is part of. */
const PACKAGE_ROOT = resolve(__dirname, '..', '..', '..');

/** Changes with the way bundles are made, so that older ones in the cache are not taken. */
const RECIPE = 1;

export function defaultCacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'edge-inspect');
}

interface PackageJson {
  name: string;
  version: string;
  files?: string[];
  [key: string]: unknown;
}

const readPackage = (folder: string): PackageJson =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;

/** What a package folder would be packed from; patterns count as the folder they are in. */
function sourcesOf(root: string): string[] {
  const { files = [] } = readPackage(root);
  return ['package.json', ...files.map((entry) => (entry.includes('*') ? dirname(entry) : entry))];
}

/**
 * Makes the bundle for a kind of machine, or takes it from the cache.
 *
 * @param tarball a packed package; without it this package itself is packed
 * @throws InspectionError IO_FAILED with npm's last line
 */
export async function makeBundle(
  arch: Arch,
  tarball: string | undefined,
  cache = defaultCacheFolder(),
): Promise<Bundle> {
  const source = tarball === undefined ? contentHash(PACKAGE_ROOT, sourcesOf(PACKAGE_ROOT)) : sha256Of(tarball);
  const key = createHash('sha256').update(`${RECIPE} ${arch} ${source}`).digest('hex').slice(0, 16);
  const stem = join(cache, `bundle-${arch}-${key}`);
  if (existsSync(`${stem}.json`) && existsSync(`${stem}.tar.gz`)) {
    const known = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as Omit<Bundle, 'file'>;
    if (statSync(`${stem}.tar.gz`).size === known.bytes) return { ...known, file: `${stem}.tar.gz` };
  }
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'work-'));
  try {
    const bundle = await build(work, arch, tarball ?? (await pack(work)));
    renameSync(bundle.file, `${stem}.tar.gz`);
    const { file: _, ...known } = bundle;
    writeFileSync(`${stem}.json`, `${JSON.stringify(known, null, 2)}\n`);
    return { ...known, file: `${stem}.tar.gz` };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function pack(work: string): Promise<string> {
  await npm(['pack', '--ignore-scripts', '--pack-destination', work, PACKAGE_ROOT], work, 'npm pack');
  const name = readdirSync(work).find((each) => each.endsWith('.tgz'));
  if (name === undefined) throw new InspectionError('IO_FAILED', 'npm pack made no file');
  return join(work, name);
}

async function build(work: string, arch: Arch, tarball: string): Promise<Bundle> {
  const tree = join(work, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'package.json'), JSON.stringify({ name: 'bundle', private: true }));
  const machine = ['--os=linux', `--cpu=${arch}`, '--libc=glibc'];
  const quiet = ['--ignore-scripts', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'];
  await npm(['install', ...quiet, ...machine, resolve(tarball)], tree, 'npm install');
  const { name, version } = lighten(tree, arch);
  for (const extra of ['package.json', 'package-lock.json', 'node_modules/.package-lock.json', 'node_modules/.bin']) {
    rmSync(join(tree, extra), { recursive: true, force: true });
  }
  const file = join(work, 'bundle.tar.gz');
  await runProgram('tar', ['-czf', file, '-C', tree, 'node_modules'], { cwd: work, what: 'tar' });
  return {
    file,
    bytes: statSync(file).size,
    sha256: sha256Of(file),
    release: contentHash(tree).slice(0, 16),
    package: { name, version },
  };
}

/**
 * Takes out what other machines need, and makes sure that this one's binaries are there. What the package depends on lies
 * beside it and is listed under another name: npm, when it next installs something else into the user folder, would
 * otherwise look for it all in a registry.
 */
function lighten(tree: string, arch: Arch): PackageJson {
  const modules = join(tree, 'node_modules');
  const folder = packageIn(modules);
  const runtime = join(folder, 'dist', 'runtime', 'onnxruntime-node', 'bin');
  for (const entry of readdirSync(runtime, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isDirectory() && ['arm64', 'x64'].includes(entry.name) && entry.name !== arch)
      rmSync(path, { recursive: true });
  }
  for (const needed of [`@img/sharp-linux-${arch}`, `@img/sharp-libvips-linux-${arch}`]) {
    if (!existsSync(join(modules, needed))) throw new InspectionError('IO_FAILED', `npm did not install ${needed}`);
  }
  const { dependencies, devDependencies: _, scripts: __, ...rest } = readPackage(folder);
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ ...rest, vendoredDependencies: dependencies }, null, 2)}\n`,
  );
  return rest;
}

/** The one package in a tree that is a set of Node-RED nodes. */
function packageIn(modules: string): string {
  const own = readPackage(PACKAGE_ROOT).name;
  const folder = join(modules, own);
  if (existsSync(join(folder, 'package.json'))) return folder;
  throw expected(`a package of ${own}`, '--package', 'another one');
}

function sha256Of(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw expected('a packed package (npm pack makes one)', '--package', file);
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** npm through the Node.js that runs this, where it can be found: Windows' npm is a script that only a shell can run. */
async function npm(args: string[], cwd: string, what: string): Promise<void> {
  const cli = process.env.npm_execpath;
  const [program, first] = cli && basename(cli) === 'npm-cli.js' ? [process.execPath, [cli]] : ['npm', []];
  await runProgram(program, [...first, ...args], { cwd, what });
}
