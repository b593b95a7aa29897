import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { writeTinyFolder } from '../shadow/tiny-folder';

const MAIN = join(process.cwd(), 'dist', 'src', 'cli', 'main.js');
let root: string;
let station: string;

function edge(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, never> };
}

describe('edge-inspect slots', () => {
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'cli-slots-'));
    station = join(root, 'station');
    for (const name of ['old', 'new'])
      writeTinyFolder(join(root, name), name, { ballastChannels: name === 'new' ? 1 : 0 });
    writeTinyFolder(join(root, 'broken'), 'broken');
    writeFileSync(join(root, 'broken', 'model.onnx'), 'tampered');
  });
  after(() => rmSync(root, { recursive: true }));

  it('takes a station from init to confirmed and back, one JSON document each', () => {
    assert.equal(edge('slots', 'init', station, '--model', join(root, 'old'), '--json').status, 0);
    assert.equal(edge('slots', 'install', station, '--model', join(root, 'new'), '--json').status, 0);
    const promoted = edge('slots', 'promote', station, '--reason', 'a test', '--json');
    assert.equal(promoted.status, 0, promoted.stderr);
    assert.deepEqual([promoted.json().current, promoted.json().state], ['b', 'trial']);
    assert.equal(edge('slots', 'confirm', station, '--json').json().state, 'confirmed');
    assert.equal(edge('slots', 'revert', station, '--json').json().current, 'a');
    const { status, stdout } = edge('slots', 'status', station);
    assert.equal(status, 0);
    assert.match(stdout, /slot a: current old 1\.0\.0/);
    assert.match(stdout, /slot b: rejected new/);
    assert.match(stdout, /promote slot b: a test/);
  });

  it('takes a shipped model by its name, from wherever it is called', () => {
    const named = join(root, 'named');
    const { status, stderr, stdout } = edge('slots', 'init', named, '--model', 'pcb-defects');
    assert.equal(status, 0, stderr);
    assert.match(stdout, /slot a: current pcb-defects/);
  });

  const refusals: [string[], number, RegExp][] = [
    [
      ['install', 'STATION', '--model', 'ROOT/broken'],
      2,
      /^edge-inspect: Expected SHA-256 [0-9a-f]{64} as the manifest says/,
    ],
    [['install', 'STATION', '--model', 'ROOT/none'], 2, /^edge-inspect: Expected a model folder for ROOT\/none/],
    [
      ['install', 'STATION', '--model', 'pcb-defects/fp32'],
      2,
      /^edge-inspect: Expected a model folder \(edge-inspect quant/,
    ],
    [['promote', 'STATION'], 2, /^edge-inspect: Expected a reason for promote but received/],
    [['confirm', 'STATION'], 2, /^edge-inspect: Expected a model on trial for confirm/],
    [['status', 'ROOT/old'], 1, /^Expected a station with a valid model/],
    [['install', 'STATION'], 2, /required option '--model <dir>'/],
    [['explode', 'STATION'], 2, /unknown command|too many arguments/],
  ];
  for (const [args, status, message] of refusals) {
    it(`refuses slots ${args.join(' ')}`, () => {
      const real = args.map((arg) => arg.replace('STATION', station).replace('ROOT', root));
      const found = edge('slots', ...real);
      assert.equal(found.status, status, found.stderr);
      assert.match(found.stderr.replaceAll(root, 'ROOT'), message);
    });
  }

  it('signs a model, and refuses unsigned ones where a key is given', () => {
    const encoding = { type: 'pkcs8', format: 'pem' } as const;
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const [pub, key] = [join(root, 'public.pem'), join(root, 'private.pem')];
    writeFileSync(pub, publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(key, privateKey.export(encoding));
    const signed = join(root, 'signed');
    const first = edge('slots', 'init', signed, '--model', join(root, 'old'), '--public-key', pub);
    assert.match(first.stderr, /Expected a signature by the configured public key for manifest\.sig/);
    assert.equal(edge('slots', 'sign', join(root, 'old'), '--key', key, '--json').status, 0);
    assert.equal(edge('slots', 'init', signed, '--model', join(root, 'old'), '--public-key', pub).status, 0);
  });

  it('says what is wrong with an export', () => {
    const { status, stderr } = edge('export-disputed', '--from', join(root, 'none'), '--out', join(root, 'out'));
    assert.equal(status, 2);
    assert.match(stderr, /^edge-inspect: Expected at least one disputed frame/);
    assert.match(
      edge('export-disputed', '--from', root, '--out', root, '--draft', 'x').stderr,
      /Expected one of union, agreed/,
    );
  });
});
