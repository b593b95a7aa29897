// What an installation brings and needs: the palette manager runs a plain `npm install`, on machines that reach a registry at
// best, and nothing else.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packTarball } from '../helpers/installed-package';
import { ROOT } from '../helpers/root';

/** A program with no network at all but itself; what it starts has none either. */
const CUT_OFF = ['--map-root-user', '--net'];
const canCutOff = spawnSync('unshare', [...CUT_OFF, 'true']).status === 0;

interface Lock {
  packages: Record<string, { hasInstallScript?: boolean; os?: string[]; cpu?: string[] }>;
}

describe('installing the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'install-'));
  const userDir = join(folder, 'user');
  const packageDir = join(userDir, 'node_modules', '@edge-inspect', 'node-red-inspection');
  let tarball: string;

  function install(where: string, before: string[], flags: string[]): void {
    execFileSync('mkdir', ['-p', where]);
    writeFileSync(join(where, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
    const npm = ['npm', 'install', '--omit=dev', '--no-audit', '--no-fund', ...flags, tarball];
    const [program, ...args] = [...before, ...npm] as [string, ...string[]];
    execFileSync(program, args, { cwd: where, stdio: 'pipe' });
  }

  before(() => {
    tarball = packTarball(folder);
    // first what it depends on comes into npm's cache, without a script being run
    install(join(folder, 'first'), [], ['--ignore-scripts', '--prefer-offline']);
    install(userDir, canCutOff ? ['unshare', ...CUT_OFF] : [], ['--ignore-scripts=false', '--offline']);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('needs no network for its scripts, and inspects', { skip: !canCutOff && 'unshare is not allowed here' }, () => {
    const cli = join(packageDir, 'dist', 'src', 'cli', 'main.js');
    const pictures = join(folder, 'pictures');
    const run = (...args: string[]) =>
      execFileSync('unshare', [...CUT_OFF, process.execPath, cli, ...args], { encoding: 'utf8', cwd: userDir });
    run('simulate', '--out', pictures, '--count', '1', '--seed', '1', '--json');
    const picture = readdirSync(pictures, { recursive: true }).find((name) => /\.(jpg|png)$/.test(String(name)));
    const model = join(packageDir, 'models', 'pcb-defects');
    const answer = run('detect', '--model', model, '--image', join(pictures, String(picture)), '--json');
    assert.ok(Array.isArray((JSON.parse(answer) as { detections: unknown[] }).detections));
  });

  it('has no install script anywhere: nothing to be fetched beside the registry', () => {
    const lock = JSON.parse(readFileSync(join(userDir, 'node_modules', '.package-lock.json'), 'utf8')) as Lock;
    const scripts = Object.entries(lock.packages).filter(([, { hasInstallScript }]) => hasInstallScript);
    assert.deepEqual(scripts, []);
  });

  it('brings no binaries of other systems', () => {
    const names = readdirSync(join(userDir, 'node_modules'), { recursive: true }).map(String);
    const foreign = names.filter((name) => /\.(dll|dylib|exe)$|(^|[/-])(win32|darwin|freebsd)([/-]|$)/.test(name));
    assert.deepEqual(foreign, []);
    assert.ok(!existsSync(join(userDir, 'node_modules', 'onnxruntime-node')));
  });

  it('has at most six run-time dependencies', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    assert.ok(Object.keys(dependencies).length <= 6, Object.keys(dependencies).join(', '));
  });
});
