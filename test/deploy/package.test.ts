import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { packageOperations, withDependency } from '../../src/deploy/agent/package';
import type { Job } from '../../src/deploy/agent/protocol';
import { DeployState } from '../../src/deploy/agent/state';

const NAME = '@edge-inspect/node-red-inspection';

describe('the package in a user folder', () => {
  let userDir: string;
  const job = (release: string, more: Partial<Job> = {}): Job => ({
    userDir,
    release,
    packageName: NAME,
    plan: `${release}00`,
    owner: { host: 'pc', pid: 1 },
    station: 's',
    editor: { url: '' },
    ...more,
  });
  const linkOf = (): string => join(userDir, 'node_modules', NAME);

  /** A release as it is on a target, with what it depends on beside it. */
  function putRelease(release: string): void {
    const modules = join(userDir, '.edge-inspect', 'releases', release, 'node_modules');
    for (const [name, content] of [
      [NAME, { name: NAME, version: '1.0.0', vendoredDependencies: { 'some-dependency': '1.0.0' } }],
      ['some-dependency', { name: 'some-dependency', version: '1.0.0' }],
    ] as const) {
      mkdirSync(join(modules, name), { recursive: true });
      writeFileSync(join(modules, name, 'package.json'), JSON.stringify(content));
      writeFileSync(
        join(modules, name, 'index.js'),
        name === NAME ? "module.exports = require('some-dependency');" : `module.exports = '${release}';`,
      );
    }
  }
  const loaded = (): string =>
    execFileSync(process.execPath, ['-p', `require('${NAME}')`], { cwd: userDir, encoding: 'utf8' }).trim();

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'user-dir-'));
    for (const release of ['aa', 'bb']) putRelease(release);
  });
  afterEach(() => rmSync(userDir, { recursive: true, force: true }));

  it('is a link that npm could have made, twice the same, and another release by one rename', async () => {
    assert.equal(packageOperations.look(job('aa')).isDone, false);
    await packageOperations.do(job('aa'));
    assert.equal(packageOperations.look(job('aa')).isDone, true);
    assert.equal(loaded(), 'aa');
    new DeployState(job('aa')).commit();
    await packageOperations.do(job('bb'));
    assert.equal(loaded(), 'bb');
    await packageOperations.undo(job('bb'));
    assert.equal(loaded(), 'aa');
    assert.equal(packageOperations.look(job('aa')).isDone, true);
  });

  it('is gone without a trace when it is undone', async () => {
    await packageOperations.do(job('aa'));
    await packageOperations.undo(job('aa'));
    assert.ok(!existsSync(join(userDir, 'node_modules')) && !existsSync(join(userDir, 'package.json')));
    assert.equal(await packageOperations.undo(job('aa')), undefined, 'twice is once');
  });

  it('gives back what the palette manager had installed, and package.json byte for byte', async () => {
    const text = `{\n\t"dependencies": { "${NAME}": "~0.1.0", "zzz": "1.0.0" },\n\t"name": "plant"}`;
    writeFileSync(join(userDir, 'package.json'), text);
    mkdirSync(linkOf(), { recursive: true });
    writeFileSync(join(linkOf(), 'index.js'), "module.exports = 'palette';");
    await packageOperations.do(job('aa'));
    assert.equal(loaded(), 'aa');
    await packageOperations.undo(job('aa'));
    assert.equal(loaded(), 'palette');
    assert.equal(readFileSync(join(userDir, 'package.json'), 'utf8'), text);
    assert.ok(lstatSync(linkOf()).isDirectory());
  });

  it('takes back only its own line where somebody installed something else meanwhile', async () => {
    writeFileSync(join(userDir, 'package.json'), '{"name":"plant","dependencies":{}}');
    await packageOperations.do(job('aa'));
    const text = readFileSync(join(userDir, 'package.json'), 'utf8');
    writeFileSync(join(userDir, 'package.json'), withDependency(text, 'node-red-dashboard', '1.0.0'));
    await packageOperations.undo(job('aa'));
    const { dependencies } = JSON.parse(readFileSync(join(userDir, 'package.json'), 'utf8')) as {
      dependencies: object;
    };
    assert.deepEqual(dependencies, { 'node-red-dashboard': '1.0.0' });
  });

  for (const lock of [false, true]) {
    it(`is left where it is by npm, without a registry${lock ? ', with a lock file' : ''}`, async () => {
      writeFileSync(join(userDir, 'package.json'), '{"name":"plant","private":true}');
      const other = join(userDir, 'other');
      mkdirSync(other);
      writeFileSync(join(other, 'package.json'), '{"name":"other","version":"1.0.0"}');
      const npm = (...args: string[]) =>
        execFileSync('npm', [...args, '--offline', '--no-audit', '--no-fund', ...(lock ? [] : ['--no-package-lock'])], {
          cwd: userDir,
          stdio: 'pipe',
        });
      if (lock) npm('install');
      await packageOperations.do(job('aa'));
      const leadsTo = readlinkSync(linkOf());
      execFileSync('npm', ['pack', other, '--pack-destination', userDir], { cwd: userDir, stdio: 'pipe' });
      npm('install', '--omit=dev', './other-1.0.0.tgz');
      assert.ok(existsSync(join(userDir, 'node_modules', 'other', 'package.json')));
      assert.equal(loaded(), 'aa');
      npm('uninstall', '--omit=dev', 'other');
      assert.equal(loaded(), 'aa');
      assert.equal(join(dirname(linkOf()), readlinkSync(linkOf())), join(dirname(linkOf()), leadsTo));
      assert.equal(packageOperations.look(job('aa')).isDone, true);
    });
  }

  it('is not begun while somebody else is at it, and taken up by the same plan', async () => {
    await packageOperations.do(job('aa'));
    await assert.rejects(packageOperations.do(job('bb')), /^Expected no deploy under way for this station/);
    await assert.rejects(
      packageOperations.do(job('aa', { owner: { host: 'another-pc', pid: 1 } })),
      /from pc, a moment ago/,
    );
    await packageOperations.do(job('aa', { owner: { host: 'pc', pid: 2 } }));
    new DeployState(job('aa')).commit();
    assert.ok(!existsSync(join(userDir, '.edge-inspect', 'deploy')));
    const events = readFileSync(join(userDir, '.edge-inspect', 'journal.jsonl'), 'utf8')
      .trim()
      .split('\n');
    assert.deepEqual(
      events.map((line) => (JSON.parse(line) as { event: string }).event),
      ['begin', 'step', 'committed'],
    );
  });
});
