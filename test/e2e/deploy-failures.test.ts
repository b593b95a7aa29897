// A failure at every step of a deploy, on a scratch target with a real Node-RED: everything is back byte for byte, or the same
// command goes on where it stopped; and nobody else's flows and settings are ever touched.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FlowNode } from '../../src/deploy/agent/flow-merge';
import type { DeployOptions, DeployReport } from '../../src/deploy/options';
import { deploy } from '../../src/deploy/run';
import { nodeDisk } from '../../src/kit/disk';
import { verifyModelFolder } from '../../src/model/slots/verify';
import { AdminProxy } from '../helpers/admin-proxy';
import { exampleFlow } from '../helpers/example-flow';
import { freePort } from '../helpers/free-port';
import { LocalConnection } from '../helpers/local-connection';
import { ROOT } from '../helpers/root';
import { ScratchTarget } from '../helpers/scratch-target';

/** Flows that were there before, with a password. */
const OTHERS: FlowNode[] = [
  { id: 'aaaa000000000001', type: 'tab', label: 'Filling station', disabled: false, info: '' },
  {
    id: 'aaaa000000000002',
    type: 'mqtt-broker',
    name: 'plant',
    broker: '127.0.0.1',
    port: '1',
    credentials: { user: 'plc', password: 'secret' },
  },
  { id: 'aaaa000000000003', type: 'inject', z: 'aaaa000000000001', name: 'each shift', wires: [['aaaa000000000004']] },
  { id: 'aaaa000000000004', type: 'debug', z: 'aaaa000000000001', name: '', wires: [] },
];
const PACKAGE_JSON = '{\n  "name": "plant-7",\n  "private": true,\n  "dependencies": {"left-to-itself": "1.0.0"}\n}';
const STATION = 'line-1';

describe('a deploy that fails', () => {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-failures-'));
  const base = join(folder, 'base');
  let target: ScratchTarget;
  let proxy: AdminProxy;
  let connection: LocalConnection;
  let usual: DeployOptions;

  async function modelOf(path: string): Promise<DeployOptions['model']> {
    const { files, manifest } = await verifyModelFolder(nodeDisk, path);
    return { folder: path, files, sha256: manifest.sha256 };
  }

  /** The shipped model with golden answers that it does not give. */
  async function badModel(): Promise<DeployOptions['model']> {
    const path = join(folder, 'bad-model');
    cpSync(join(ROOT, 'models', 'pcb-defects'), path, { recursive: true });
    const answers = readFileSync(join(path, 'self-test.json'), 'utf8').replace(
      /"confidence": ?0\.\d+/g,
      '"confidence": 0.001',
    );
    writeFileSync(join(path, 'self-test.json'), answers);
    const manifest = JSON.parse(readFileSync(join(path, 'manifest.json'), 'utf8')) as { selfTest: { sha256: string } };
    manifest.selfTest.sha256 = createHash('sha256').update(answers).digest('hex');
    writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
    return modelOf(path);
  }

  /** What was said, for when a test fails. */
  const lines: string[] = [];
  const run = (change: Partial<DeployOptions> = {}): Promise<DeployReport> => {
    lines.length = 0;
    return deploy({ ...usual, ...change }, { onLine: (line) => void lines.push(line) });
  };
  const others = async (): Promise<FlowNode[]> =>
    (await target.flows()).filter(({ id }) => OTHERS.some((other) => other.id === id));

  before(async () => {
    target = new ScratchTarget(await freePort());
    mkdirSync(target.userDir);
    writeFileSync(join(target.userDir, 'package.json'), PACKAGE_JSON);
    target.service('restart');
    await target.started();
    await target.setFlows(OTHERS);
    target.service('stop');
    cpSync(target.userDir, base, { recursive: true });
    target.service('restart');
    await target.started();
    proxy = await AdminProxy.start(target.port);
    connection = new LocalConnection(target.env);
    usual = {
      connection,
      userDir: '~/.node-red',
      station: STATION,
      editor: { url: proxy.url },
      restartWith: '',
      installNodeRed: false,
      cacheFolder: join(ROOT, 'dist', '.cache'),
      mode: 'deploy',
      model: await modelOf(join(ROOT, 'models', 'pcb-defects')),
      flow: { nodes: exampleFlow(ROOT, '02', {}), overwrite: false },
    };
  });
  after(() => {
    proxy?.stop();
    target?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The target as it was before anything was deployed. */
  async function reset(): Promise<void> {
    target.service('stop');
    rmSync(target.userDir, { recursive: true });
    cpSync(base, target.userDir, { recursive: true });
    target.service('restart');
    await target.started();
  }

  /** Failures after which everything is as it was: what is broken, how it is mended, and what is said. */
  const UNDONE: {
    name: string;
    breakIt?: () => void;
    mend?: () => void;
    change?: () => Partial<DeployOptions> | Promise<Partial<DeployOptions>>;
    says: RegExp;
    nothingDone?: true;
    /** Package and model are there already: only the flow is new. */
    isInstalled?: true;
  }[] = [
    {
      name: 'check: a 32-bit processor',
      breakIt: () => target.replace('uname', '[ "$1" = -m ] && echo armv7l || echo Linux'),
      mend: () => target.restore('uname'),
      says: /not ready: system +armv7l/,
      nothingDone: true,
    },
    {
      name: 'check: too little space',
      breakIt: () =>
        target.replace(
          'df',
          'printf "Filesystem 1024-blocks Used Available Capacity Mounted on\\n/dev/root 100 90 10 90%% /\\n"',
        ),
      mend: () => target.restore('df'),
      says: /0\.5 GB are needed/,
      nothingDone: true,
    },
    {
      name: 'node-red: the installer cannot be had',
      breakIt: () => {
        target.replace('uname', '[ "$1" = -m ] && uname=x86_64 && echo x86_64 || echo Linux');
        target.replace('node-red', 'echo Node-RED v3.0.0');
        target.replace('curl', 'echo "curl: (6) Could not resolve host: github.com" >&2; exit 6');
      },
      mend: () => {
        target.restore('uname');
        target.restore('curl');
        target.replace('node-red', 'echo Node-RED v4.1.8');
      },
      change: () => ({ installNodeRed: true }),
      says: /installer of Node-RED failed: curl: \(6\)/,
      nothingDone: true,
    },
    {
      name: 'package: npm cannot install it',
      change: () => {
        const file = join(folder, 'no-package.tgz');
        writeFileSync(file, 'this is no package');
        return { packageFile: file };
      },
      says: /npm install failed: /,
      nothingDone: true,
    },
    {
      name: 'package: the disk is full while it arrives',
      breakIt: () =>
        target.replace('cat', 'head -c 1000000; echo "cat: write error: No space left on device" >&2; exit 1'),
      mend: () => target.restore('cat'),
      says: /could not take upload-.*No space left on device/,
    },
    {
      name: 'package: the disk is full while it is unpacked',
      breakIt: () =>
        target.replace(
          'tar',
          '/bin/tar "$@" --exclude="*.node"; echo "tar: write error: No space left on device" >&2; exit 2',
        ),
      mend: () => target.restore('tar'),
      says: /could not be unpacked.*No space left on device/,
    },
    {
      name: 'package: what arrived is damaged',
      breakIt: () => target.replace('sha256sum', 'echo 0000'),
      mend: () => target.restore('sha256sum'),
      says: /what arrived is damaged/,
    },
    {
      name: 'package: package.json is not JSON',
      breakIt: () => writeFileSync(join(target.userDir, 'package.json'), '{ broken'),
      mend: () => writeFileSync(join(target.userDir, 'package.json'), PACKAGE_JSON),
      says: /Expected JSON for .*package\.json/,
    },
    {
      name: 'model: it does not answer its golden pictures',
      change: async () => ({ model: await badModel() }),
      says: /model: .*(golden|self-test)/i,
    },
    {
      name: 'start: the service cannot be restarted',
      breakIt: () => {
        cpSync(join(target.bin, 'systemctl'), join(folder, 'systemctl'));
        target.replace(
          'systemctl',
          '[ "$1" = cat ] && exit 0; [ "$1" = is-active ] && echo active && exit 0; echo "Job for nodered.service failed" >&2; exit 1',
        );
      },
      mend: () => cpSync(join(folder, 'systemctl'), join(target.bin, 'systemctl')),
      says: /could not be restarted: Job for nodered\.service failed/,
    },
    {
      name: 'flow: the API refuses it',
      breakIt: () => {
        proxy.onRequest = ({ method, url }, response) => {
          if (method !== 'POST' || url !== '/flows') return false;
          response.writeHead(500).end('no');
          return true;
        };
      },
      says: /refused POST \/flows: 500/,
    },
    {
      name: 'flow: the API wants a token',
      nothingDone: true,
      isInstalled: true,
      breakIt: () => {
        proxy.onRequest = ({ url }, response) => {
          if (url !== '/flows') return false;
          response.writeHead(401).end();
          return true;
        };
      },
      says: /EDGE_INSPECT_NODE_RED_TOKEN/,
    },
    {
      name: 'flow: it needs nodes that nobody has installed',
      isInstalled: true,
      change: () => ({
        flow: {
          nodes: [
            ...exampleFlow(ROOT, '02', {}),
            { id: 'ffff000000000001', type: 'ui-gauge-of-nobody', z: 'e1f2000000000001', wires: [] },
          ],
          overwrite: false,
        },
      }),
      says: /no nodes of type ui-gauge-of-nobody/,
    },
    {
      name: 'flow: the answer to the import is refused after it was taken',
      isInstalled: true,
      breakIt: () => {
        let wasPosted = false;
        proxy.onAnswer = ({ method, url }) => void (wasPosted ||= method === 'POST' && url === '/flows');
        proxy.onRequest = ({ method, url }, response) => {
          if (!wasPosted || method !== 'GET' || url !== '/flows') return false;
          wasPosted = false;
          proxy.pass();
          response.writeHead(500).end('no');
          return true;
        };
      },
      says: /refused GET \/flows: 500/,
    },
    {
      name: 'verify: the model does not answer on the line',
      isInstalled: true,
      breakIt: () => {
        // the model answers while it is installed, and no more when it is verified
        const real = process.execPath;
        target.replace(
          'node',
          `case "$1" in */agent/main.js) ;; *) exec ${real} "$@" ;; esac
i=$(/bin/cat)
case "$i" in
  *'"op":"verify"'*) printf '\\n@edge-inspect {"error":{"code":"SELF_TEST_FAILED","message":"The model answers differently"}}\\n' ;;
  *) printf '%s' "$i" | ${real} "$@" ;;
esac`,
        );
      },
      mend: () => target.replace('node', `exec ${process.execPath} "$@"`),
      says: /verify: The model answers differently/,
    },
  ];

  for (const { name, breakIt, mend, change, says, nothingDone, isInstalled } of UNDONE) {
    it(`is put back: ${name}`, async () => {
      if (isInstalled) assert.ok((await run({ flow: undefined })).ok, lines.join('\n'));
      breakIt?.();
      const snapshot = target.snapshot();
      const flows = JSON.stringify(await target.flows());
      try {
        const report = await run(await change?.());
        assert.equal(report.ok, false);
        assert.match(report.problem!, says);
        assert.equal(report.afterFailure, nothingDone ? 'nothing done' : 'rolled back', lines.join('\n'));
        // (a program must not be exchanged while Node-RED is being started by it)
        await target.started();
      } finally {
        mend?.();
        proxy.pass();
      }
      if (breakIt?.toString().includes('package.json'))
        snapshot['package.json'] = createHash('sha256').update(PACKAGE_JSON).digest('hex');
      assert.deepEqual(target.snapshot(), snapshot);
      assert.equal(JSON.stringify(await target.flows()), flows);
    });
  }

  /** The line is cut, or the target goes down, in the middle of a step. */
  const CUT: { name: string; breakIt: () => void; mend: () => void }[] = [
    {
      name: 'package: while it arrives',
      breakIt: () => target.replace('cat', 'head -c 5000000; kill -9 $PPID'),
      mend: () => target.restore('cat'),
    },
    {
      name: 'package: while it is unpacked',
      breakIt: () => target.replace('tar', '/bin/tar "$@" --exclude="*.node"; kill -9 $PPID; sleep 1'),
      mend: () => target.restore('tar'),
    },
    {
      name: 'start: the machine is switched off',
      breakIt: () => {
        // (systemctl takes the place of the shell: its parent is this test)
        cpSync(join(target.bin, 'systemctl'), join(folder, 'systemctl'));
        target.replace(
          'systemctl',
          `[ "$1" = restart ] || exec ${join(folder, 'systemctl')} "$@"; kill -9 $(cat ${target.home}/node-red.pid); kill -9 $$`,
        );
      },
      mend: () => {
        cpSync(join(folder, 'systemctl'), join(target.bin, 'systemctl'));
        // it starts again, as machines do
        target.service('restart');
      },
    },
    {
      name: 'flow: after it was taken, before the answer came',
      breakIt: () => {
        proxy.onAnswer = ({ method, url }) => {
          if (method !== 'POST' || url !== '/flows') return false;
          connection.cut();
          return true;
        };
      },
      mend: () => proxy.pass(),
    },
  ];

  for (const { name, breakIt, mend } of CUT) {
    it(`goes on where it was cut off: ${name}`, async () => {
      await reset();
      const flows = JSON.stringify(await others());
      breakIt();
      const cut = await run();
      mend();
      assert.equal(cut.afterFailure, 'resumable', cut.problem);
      await target.started();
      assert.equal(JSON.stringify(await others()), flows);
      const again = await run();
      assert.ok(again.ok, again.problem);
      assert.equal(JSON.stringify(await others()), flows);
      assert.ok(!existsSync(join(target.userDir, '.edge-inspect', 'deploy')));
      const third = await run();
      assert.deepEqual([third.ok, third.changed], [true, false]);
    });
  }

  it('is put back by a deploy of something else', async () => {
    await reset();
    const snapshot = target.snapshot();
    CUT[3]!.breakIt();
    const cut = await run();
    CUT[3]!.mend();
    assert.equal(cut.afterFailure, 'resumable', cut.problem);
    // another flow, which is refused: what is left is what was there before both
    const nodes = [...exampleFlow(ROOT, '02', {}), { id: 'ffff000000000001', type: 'of-nobody', wires: [] }];
    const other = await run({ flow: { nodes, overwrite: false } });
    assert.equal(other.afterFailure, 'rolled back', other.problem);
    await target.started();
    assert.deepEqual(target.snapshot(), snapshot);
  });

  it('of an update leaves the station as it was, and its own changes in the editor are not given up unasked', async () => {
    assert.ok((await run()).ok);
    const mine = (await target.flows()).map((node) => (node.type === 'nms' ? { ...node, iou: 0.6 } : node));
    await target.setFlows(mine);
    const nodes = exampleFlow(ROOT, '02', { 'camera-in': { fps: 2 } });
    const snapshot = target.snapshot();
    const refused = await run({ flow: { nodes, overwrite: false } });
    assert.match(refused.problem!, /was changed in the editor since it was deployed: --overwrite-flow/);
    assert.deepEqual(target.snapshot(), snapshot);
    const done = await run({ flow: { nodes, overwrite: true } });
    assert.ok(done.ok, done.problem);
    const flows = await target.flows();
    assert.equal(flows.find(({ type }) => type === 'camera-in')!.fps, 2);
    assert.equal(flows.find(({ type }) => type === 'nms')!.iou, 0.45);
    assert.equal(flows.filter(({ type }) => type === 'camera-in').length, 1);
  });

  it('of a second model leaves both slots as they were', async () => {
    const station = join(target.userDir, 'stations', STATION);
    const slots = (): string[] =>
      Object.entries(target.snapshot())
        .filter(([name]) => name.startsWith('stations/'))
        .flat();
    const before = slots();
    const other = join(folder, 'second-model');
    cpSync(join(ROOT, 'models', 'pcb-defects'), other, { recursive: true });
    const bytes = Buffer.concat([readFileSync(join(other, 'model.onnx')), Buffer.from([0xba, 0x3e, 0])]);
    writeFileSync(join(other, 'model.onnx'), bytes);
    const manifest = JSON.parse(readFileSync(join(other, 'manifest.json'), 'utf8')) as Record<string, unknown>;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(
      join(other, 'manifest.json'),
      JSON.stringify({ ...manifest, sha256, sizeBytes: bytes.length, version: '9.9.9' }),
    );
    proxy.onRequest = ({ url }, response) => {
      if (url !== '/flows') return false;
      response.writeHead(500).end('no');
      return true;
    };
    const failed = await run({ model: await modelOf(other) });
    proxy.pass();
    assert.equal(failed.afterFailure, 'rolled back', failed.problem);
    assert.deepEqual(slots(), before);
    const done = await run({ model: await modelOf(other), flow: undefined });
    assert.ok(done.ok, done.problem);
    assert.match(done.steps.find(({ step }) => step === 'model')!.says, /slot b, as the candidate/);
    assert.match(readFileSync(join(station, 'slot-b', 'manifest.json'), 'utf8'), /9\.9\.9/);
  });
});
