import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { jumpOf, localFileOf, remotePathOf, stationOf, targetOf } from '../../src/deploy/destination';
import { quoted, scriptOf } from '../../src/deploy/script';
import { ARRIVED, CLEAN_UP, LOOK, UNPACK } from '../../src/deploy/scripts';
import { LocalConnection } from '../helpers/local-connection';
import { hasNothingHappened, HOSTILE } from '../helpers/hostile';
import { ROOT } from '../helpers/root';

const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');

/** Where a name of a user's can stand on the command line. */
const PLACES: [what: string, args: (name: string) => string[]][] = [
  ['the host', (name) => [name]],
  ['the host after --', (name) => ['--', name]],
  ["the host's user", (name) => [`${name}@127.0.0.1`]],
  ['--jump', (name) => ['127.0.0.1', `--jump=${name}`]],
  ['--identity', (name) => ['127.0.0.1', `--identity=${name}`]],
  ['--ssh-config', (name) => ['127.0.0.1', `--ssh-config=${name}`]],
  ['--user-dir', (name) => ['127.0.0.1', `--user-dir=${name}`]],
  ['--user-dir below a folder', (name) => ['127.0.0.1', `--user-dir=/tmp/${name}`]],
  ['--station', (name) => ['127.0.0.1', `--station=${name}`]],
  ['--restart-with', (name) => ['127.0.0.1', `--restart-with=/bin/${name}`]],
  ['--model', (name) => ['127.0.0.1', `--model=${name}`]],
  ['--flow', (name) => ['127.0.0.1', `--flow=${name}`]],
  ['--package', (name) => ['127.0.0.1', `--package=${name}`]],
];

describe('hostile names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const names = HOSTILE.map((make) => make(folder));
  // a stand-in ssh that would notice being called
  before(() => {
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin', 'ssh'), `#!/bin/sh\ntouch ${folder}/ssh-was-called\nexit 255\n`, { mode: 0o755 });
  });

  it('are fifty and more, and would be executed by a program that is careless', () => {
    assert.ok(HOSTILE.length >= 50);
    const careless = names.filter((name) => {
      if (name.includes('\0')) return false;
      spawnSync('sh', ['-c', `true x ${name}`], { stdio: 'ignore', cwd: folder, timeout: 5000 });
      const happened = !hasNothingHappened(folder);
      for (const made of readdirSync(folder)) if (made !== 'bin') rmSync(join(folder, made), { force: true });
      return happened;
    });
    assert.ok(careless.length >= 15, `${careless.length} work in a shell`);
  });

  it('are refused as hosts, jump hosts, stations, and files before ssh is called', () => {
    for (const name of names) {
      for (const read of [targetOf, jumpOf, stationOf])
        assert.throws(() => read(name), /^Expected /, JSON.stringify(name));
      assert.throws(() => targetOf(`${name}@host`), /^Expected /);
      assert.throws(() => remotePathOf(name, '--user-dir'), /^Expected /);
    }
    assert.throws(() => localFileOf('-oProxyCommand=x', '--identity'), /^Expected /);
  });

  it('are what they are: a word', async () => {
    for (const name of names.filter((each) => !each.includes('\0'))) {
      const { stdout } = spawnSync('sh', ['-s'], { input: scriptOf('printf %s "$1"', [name]), encoding: 'utf8' });
      assert.equal(stdout, name, JSON.stringify(name));
    }
    assert.throws(() => quoted('a\0b'), /without NUL/);
    assert.throws(() => scriptOf('', [], 'two\nlines'), /one line/);
    assert.ok(hasNothingHappened(folder));
  });

  it('do nothing in any script that is run on a target, not even as its user folder', async () => {
    const connection = new LocalConnection({ HOME: folder, PATH: process.env.PATH });
    for (const name of names.filter((each) => !each.includes('\0'))) {
      for (const script of [LOOK, ARRIVED, UNPACK, CLEAN_UP]) {
        await connection.run(script, [`${folder}/${name}`, name, name, name], JSON.stringify({ name }));
      }
    }
    assert.ok(hasNothingHappened(folder));
  });

  it('do nothing on the command line, wherever they stand', async () => {
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder };
    const calls = PLACES.flatMap(([what, args], place) =>
      // every name as a host; elsewhere one in twelve, each name somewhere
      names
        .filter((name, index) => !name.includes('\0') && (place === 0 || index % 12 === place % 12))
        .map((name) => ({ what, args: args(name) })),
    );
    const lanes = [calls.filter((_, index) => index % 2 === 0), calls.filter((_, index) => index % 2 === 1)];
    await Promise.all(
      lanes.map(async (lane) => {
        for (const { what, args } of lane) {
          const status = await new Promise((resolve) => {
            const child = spawn(process.execPath, [MAIN, 'deploy', ...args], { env, cwd: folder, stdio: 'ignore' });
            child.on('close', resolve);
          });
          assert.ok(status === 2 || status === 1, `${what}: ${JSON.stringify(args)} ended with ${String(status)}`);
          assert.ok(hasNothingHappened(folder), `${what}: ${JSON.stringify(args)} was executed`);
        }
      }),
    );
    const left = readdirSync(folder).filter((name) => !['bin', 'ssh-was-called', '.cache'].includes(name));
    assert.deepEqual(left, []);
  });

  it('leave good names alone', () => {
    for (const name of [
      'pi@station-7.local',
      '192.168.0.17',
      'me@fe80::1%eth0',
      '::1',
      'line_3',
      'DOMAIN.user@host',
      'svc$@host',
    ]) {
      assert.equal(targetOf(name), name);
    }
    for (const name of ['gate', 'me@gate:2222', 'me@[::1]:22,second']) assert.equal(jumpOf(name), name);
    for (const name of ['line-1', 'Prüfplatz_3', '检测-1']) assert.equal(stationOf(name), name);
    assert.equal(remotePathOf('~/.node-red/', '--user-dir'), '~/.node-red');
    assert.equal(remotePathOf('/srv/node red/é', '--user-dir'), '/srv/node red/é');
    assert.throws(() => remotePathOf('/srv/../etc', '--user-dir'), /^Expected an absolute path/);
    assert.throws(() => remotePathOf('relative', '--user-dir'), /^Expected an absolute path/);
    assert.ok(!existsSync(join(folder, 'executed')));
  });
});
