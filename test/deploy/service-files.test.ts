// What deploy/ ships: units that systemd reads without a remark, rotation that removes what it says and nothing else, and a
// Containerfile whose steps can be run.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { packTarball } from '../helpers/installed-package';
import { ROOT } from '../helpers/root';

const SHIPPED = join(ROOT, 'deploy');
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
const DAY_MS = 86_400_000;

describe('files for a station', () => {
  const folder = mkdtempSync(join(tmpdir(), 'service-files-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('units', { skip: !has('systemd-analyze', '--version') && 'systemd is not installed' }, () => {
    const units = join(folder, 'units');
    cpSync(join(SHIPPED, 'systemd'), units, { recursive: true });
    const names = readdirSync(units).filter((name) => /\.(service|timer)$/.test(name));
    const verify = () => {
      const { stderr, status } = spawnSync('systemd-analyze', ['verify', ...names.map((name) => join(units, name))], {
        encoding: 'utf8',
      });
      // what is said of the programs is true of this machine only: Node-RED is none of Debian's
      return { status, remarks: stderr.split('\n').filter((line) => line.includes(units)) };
    };

    it('are read without a remark, the drop-in too', () => {
      assert.deepEqual(names.length, 3);
      assert.deepEqual(verify().remarks, []);
    });

    it('would be remarked on', () => {
      const dropIn = join(units, 'nodered.service.d', 'edge-inspect.conf');
      writeFileSync(dropIn, readFileSync(dropIn, 'utf8').replace('MemoryMax=', 'MemoryMaximum='));
      assert.match(verify().remarks.join('\n'), /edge-inspect\.conf:\d+: Unknown key/);
    });
  });

  it(
    'clean up old evidence, and nothing else',
    { skip: !has('systemd-tmpfiles', '--version') && 'systemd is not installed' },
    () => {
      const root = join(folder, 'root');
      const node = join(root, 'home/pi/.node-red/inspection/defect-alert/abc');
      const old = new Date(Date.now() - 100 * DAY_MS);
      const files = {
        'evidence/old.jpg': old,
        'evidence/new.jpg': new Date(),
        'outbox/old.json': old,
        'state.json': old,
        'verdicts-old.csv': old,
      };
      for (const [name, time] of Object.entries(files)) {
        mkdirSync(join(node, name, '..'), { recursive: true });
        writeFileSync(join(node, name), '');
        utimesSync(join(node, name), time, time);
      }
      mkdirSync(join(root, 'etc'));
      writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
      cpSync(join(SHIPPED, 'edge-inspect.tmpfiles.conf'), join(root, 'etc/edge-inspect.conf'));
      const { stderr } = spawnSync(
        'systemd-tmpfiles',
        ['--clean', `--root=${root}`, join(root, 'etc/edge-inspect.conf')],
        {
          encoding: 'utf8',
        },
      );
      const left = Object.keys(files).filter((name) => existsSync(join(node, name)));
      assert.deepEqual(
        left,
        Object.keys(files).filter((name) => name !== 'evidence/old.jpg'),
        stderr,
      );
    },
  );

  it('rotate logs', { skip: !has('logrotate', '--version') && 'logrotate is not installed' }, () => {
    const { stderr, status } = spawnSync('logrotate', ['--debug', join(SHIPPED, 'edge-inspect.logrotate')], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /error:/);
  });

  it('name what the journal may take with words that journald knows', () => {
    const keys = [...readFileSync(join(SHIPPED, 'journald-edge-inspect.conf'), 'utf8').matchAll(/^(\w+)=/gm)].map(
      ([, key]) => key,
    );
    // journald.conf(5)
    const known = [
      'SystemMaxUse',
      'RuntimeMaxUse',
      'MaxRetentionSec',
      'SyncIntervalSec',
      'RateLimitIntervalSec',
      'RateLimitBurst',
      'Storage',
    ];
    assert.deepEqual(
      keys.filter((key) => !known.includes(key!)),
      [],
    );
  });

  describe('Containerfile', () => {
    /** Lines as a builder reads them: instruction and rest. */
    const steps = readFileSync(join(SHIPPED, 'container', 'Containerfile'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => /^([A-Z]+) (.*)$/.exec(line)!.slice(1) as [string, string]);

    it('begins with a Debian image that there is for both processors, and ends as nobody special', () => {
      assert.deepEqual(steps[0], ['FROM', 'docker.io/library/node:22-bookworm-slim']);
      const names = steps.map(([instruction]) => instruction);
      assert.ok(names.lastIndexOf('RUN') < names.indexOf('USER'));
      assert.ok(names.includes('HEALTHCHECK') && names.includes('VOLUME'));
      const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
        devDependencies: Record<string, string>;
      };
      const [, version] = /node-red@(\S+)/.exec(steps.map(([, rest]) => rest).join('\n'))!;
      assert.equal(version, devDependencies['node-red'], 'the Node-RED that the tests run');
    });

    it('has steps that can be run: the package is installed into a scratch root and passes its self-test there', () => {
      const data = join(folder, 'data');
      const tarball = join(folder, 'package.tgz');
      cpSync(packTarball(folder), tarball);
      const ran: string[] = [];
      for (const [instruction, rest] of steps) {
        // what installs Debian's packages, Node-RED for everybody, or changes owners, is the image's own business
        if (instruction !== 'RUN' || /apt-get|--global|chown/.test(rest)) continue;
        const text = rest.replaceAll('/data', data).replaceAll('/opt/package.tgz', tarball);
        execFileSync('sh', ['-c', text], {
          stdio: 'pipe',
          cwd: folder,
          env: { ...process.env, npm_config_prefer_offline: 'true' },
        });
        ran.push(rest);
      }
      assert.equal(ran.length, 4);
      const runtime = join(
        data,
        'node_modules/@edge-inspect/node-red-inspection/dist/runtime/onnxruntime-node/bin/napi-v6/linux',
      );
      assert.deepEqual(readdirSync(runtime), [process.arch]);
    });
  });
});
