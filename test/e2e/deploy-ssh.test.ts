// `edge-inspect deploy` from nothing to a verified inspection, against a real OpenSSH server and a real Node-RED.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DeployReport } from '../../src/deploy/options';
import { freePort } from '../helpers/free-port';
import { ROOT } from '../helpers/root';
import { ScratchSshd, whyNoSshd } from '../helpers/scratch-sshd';
import { ScratchTarget } from '../helpers/scratch-target';
import { waitFor } from '../helpers/wait-for';

const MAIN = join(ROOT, 'dist', 'src', 'cli', 'main.js');
const FLOW = join(ROOT, 'examples', '02 - Camera to MQTT alert.json');

interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

describe('edge-inspect deploy over ssh', { skip: whyNoSshd() ?? false }, () => {
  let target: ScratchTarget;
  let sshd: ScratchSshd;
  const cache = mkdtempSync(join(tmpdir(), 'deploy-cache-'));

  before(async () => {
    target = new ScratchTarget(await freePort());
    sshd = await ScratchSshd.start(target.env);
  });
  after(async () => {
    await sshd?.stop();
    target?.remove();
    rmSync(cache, { recursive: true, force: true });
  });

  function edge(config: string, ...args: string[]): Promise<Run> {
    const where = [
      `${sshd.user}@127.0.0.1`,
      '--port',
      String(sshd.port),
      '--ssh-config',
      config,
      '--editor',
      target.url,
    ];
    return new Promise((resolve) => {
      const env = { ...process.env, XDG_CACHE_HOME: join(ROOT, 'dist', '.cache') };
      const child = spawn(process.execPath, [MAIN, 'deploy', ...where, ...args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (piece) => (stdout += String(piece)));
      child.stderr.on('data', (piece) => (stderr += String(piece)));
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });
  }
  const reportOf = ({ stdout }: Run): DeployReport => JSON.parse(stdout) as DeployReport;

  /** Every file and when it was last changed. */
  function times(): Record<string, number> {
    const found: Record<string, number> = {};
    for (const entry of readdirSync(target.userDir, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      if (entry.isFile() && !path.includes('/inspection/')) found[path] = statSync(path).mtimeMs;
    }
    return found;
  }

  it('respects host keys: an unknown and a wrong one are refused, and so is a key that is not ours', async () => {
    const unknown = await edge(sshd.config({ hosts: 'empty' }), '--check');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stderr, /The connection to .* failed: Host key verification failed/);
    const wrong = await edge(sshd.config({ hosts: 'wrong' }), '--check');
    assert.match(wrong.stderr, /Host key verification failed/);
    const stranger = await edge(sshd.config({ key: 'stranger' }), '--check');
    assert.match(stranger.stderr, /Permission denied/);
    assert.ok(!existsSync(target.userDir));
  });

  it('looks with --check, says with --dry-run, and touches nothing', async () => {
    const check = await edge(sshd.config(), '--check', '--json');
    assert.equal(check.status, 0, check.stderr);
    const { checks } = reportOf(check);
    assert.match(checks.find((each) => each.check === 'Node-RED')!.found, /^4\.1/);
    const dry = await edge(sshd.config(), '--dry-run', '--model', 'pcb-defects', '--flow', FLOW);
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.stdout, /package +planned +@edge-inspect\/node-red-inspection .* will be sent, \d+ MB/);
    assert.ok(!existsSync(target.userDir));
  });

  it('goes on after the line was cut', async () => {
    target.replace('tar', 'kill -9 $(ps -o ppid= -p $PPID) $PPID');
    const cut = await edge(sshd.config(), '--model', 'pcb-defects', '--flow', FLOW, '--station', 'line-7', '--json');
    target.restore('tar');
    assert.equal(cut.status, 1);
    assert.equal(reportOf(cut).afterFailure, 'resumable', cut.stderr);
    assert.match(cut.stderr, /run the same command again and it goes on where it stopped/);
  });

  it('brings a target from nothing to a verified inspection', async () => {
    const { status, stdout, stderr } = await edge(
      sshd.config(),
      '--model',
      'pcb-defects',
      '--flow',
      FLOW,
      '--station',
      'line-7',
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /package +done +release [0-9a-f]{16} installed/);
    assert.match(stdout, /model +done +pcb-defects .* answers its golden pictures as certified; in slot a, in use/);
    assert.match(stdout, /start +done +Node-RED has loaded/);
    assert.match(stdout, /flow +done +14 nodes imported; 0 others untouched/);
    assert.match(stdout, /verify +already +pcb-defects .* answers its golden pictures as certified/);
    // and the line runs: parts are inspected by the model of the station's slot
    const model = (await target.flows()).find(({ type }) => type === 'inspection-model')!;
    assert.equal(model.model, join(target.userDir, 'stations', 'line-7'));
    await waitFor('an inspected part', async () => {
      const metrics = await (await fetch(`${target.url}/edge-inspect/metrics`)).text();
      return /verdicts?[^\n]*(PASS|FAIL)[^\n]* [1-9]/i.test(metrics);
    });
  });

  it('has nothing to do the second time, through a jump host too', async () => {
    const before = times();
    const args = ['--model', 'pcb-defects', '--flow', FLOW, '--station', 'line-7', '--json'];
    const second = await edge(sshd.config(), ...args);
    assert.equal(second.status, 0, second.stderr);
    assert.equal(reportOf(second).changed, false);
    const jump = await edge(sshd.config(), ...args, '--jump', `${sshd.user}@localhost:${sshd.port}`);
    assert.equal(jump.status, 0, jump.stderr);
    assert.ok(reportOf(jump).steps.every(({ outcome }) => outcome === 'already'));
    assert.deepEqual(times(), before);
    console.log(`second run: ${reportOf(second).seconds.toFixed(1)} s`);
  });

  it('brings only the binaries of the machine it is for', () => {
    const releases = join(target.userDir, '.edge-inspect', 'releases');
    const [release, ...others] = readdirSync(releases);
    assert.deepEqual(others, []);
    const names = readdirSync(join(releases, release!), { recursive: true }).map(String);
    const other = process.arch === 'x64' ? 'arm64' : 'x64';
    assert.deepEqual(
      names.filter((name) => new RegExp(`(linux[-/]|musl-)${other}(/|$)|darwin|win32|musl`).test(name)),
      [],
    );
    const packageJson = JSON.parse(
      readFileSync(join(releases, release!, 'node_modules/@edge-inspect/node-red-inspection/package.json'), 'utf8'),
    ) as object;
    assert.ok(!('dependencies' in packageJson) && !('devDependencies' in packageJson));
  });
});
