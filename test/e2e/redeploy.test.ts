// What becomes of the frames under way when the flow is deployed, over and over and under load, in a real Node-RED; and of the
// station's books, over deploys, a restart and a crash.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import sharp from 'sharp';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { TINY_SIZE, writeTinyModel } from '../helpers/tiny-model';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

/** A message at the end of the flow. */
interface Seen {
  id: string;
  seq: number;
  camera: string;
  count: number;
}

/** An answer over HTTP that did not come in this time never does, ms. */
const HUNG_MS = 20_000;

describe('a deploy under load', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'redeploy-'));
  const pictures = join(userDir, 'pictures');
  let picture: Buffer;
  let nodeRed: NodeRedProcess;
  let minConfidence = 0.5;

  const flow = (): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'line' },
    { id: 'model', type: 'inspection-model', model: join(userDir, 'tiny.onnx'), threads: 1, queueLimit: 2 },
    { id: 'part', z: 'tab', type: 'http in', url: '/part', method: 'post', wires: [['detect']] },
    {
      id: 'camera',
      z: 'tab',
      type: 'camera-in',
      name: 'top',
      source: 'folder',
      path: pictures,
      loop: true,
      fps: 25,
      wires: [['detect']],
    },
    {
      id: 'detect',
      z: 'tab',
      type: 'yolo-int8-detect',
      model: 'model',
      confidence: minConfidence,
      wires: [['between']],
    },
    { id: 'between', z: 'tab', type: 'function', func: 'return msg;', outputs: 1, libs: [], wires: [['doubles']] },
    { id: 'doubles', z: 'tab', type: 'nms', iou: 0.45, maxDetections: 300, classAware: true, wires: [['alert']] },
    { id: 'alert', z: 'tab', type: 'defect-alert', station: 'line-1', minConfidence, wires: [[], ['end']] },
    {
      id: 'end',
      z: 'tab',
      type: 'function',
      func: `const { frame, count = 1, verdict } = msg.payload;
        if (verdict === undefined) return null;
        const seen = global.get('seen') || [];
        seen.push({ id: frame.id, seq: frame.seq, camera: msg.frame.sourceId || msg.frame.source, count });
        global.set('seen', seen);
        return msg.res ? msg : null;`,
      outputs: 1,
      libs: [],
      wires: [['answer']],
    },
    { id: 'answer', z: 'tab', type: 'http response', statusCode: '200', wires: [] },
    { id: 'ask', z: 'tab', type: 'http in', url: '/seen', method: 'get', wires: [['tell']] },
    {
      id: 'tell',
      z: 'tab',
      type: 'function',
      func: "msg.payload = global.get('seen') || []; return msg;",
      outputs: 1,
      libs: [],
      wires: [['answer']],
    },
  ];

  const start = async () => {
    nodeRed = await NodeRedProcess.start({ redJs: NODE_RED_4.redJs, userDir });
  };

  before(async () => {
    linkPackage(userDir);
    mkdirSync(pictures);
    writeTinyModel(join(userDir, 'tiny.onnx'));
    picture = await sharp({ create: { width: TINY_SIZE, height: TINY_SIZE, channels: 3, background: '#ff0000' } })
      .png()
      .toBuffer();
    writeFileSync(join(pictures, 'red.png'), picture);
    await start();
    await nodeRed.deploy(flow());
  });
  after(async () => {
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** Callers that send parts one after the other until they are stopped; gives what became of them. */
  function load(callers: number) {
    const outcomes = { verdicts: 0, notTaken: 0, hung: 0 };
    let isOver = false;
    const call = async () => {
      while (!isOver) {
        const body = new Uint8Array(picture);
        const headers = { 'content-type': 'application/octet-stream' };
        const signal = AbortSignal.timeout(HUNG_MS);
        await fetch(`${nodeRed.url}/part`, { method: 'POST', headers, body, signal }).then(
          async (response) => {
            // between stop and start there is no such address: nobody has taken the part
            const { verdict } = response.ok ? ((await response.json()) as { verdict?: string }) : {};
            if (verdict === undefined) outcomes.notTaken += 1;
            else outcomes.verdicts += 1;
          },
          (error: Error) => (error.name === 'TimeoutError' ? (outcomes.hung += 1) : (outcomes.notTaken += 1)),
        );
        await pause(5);
      }
    };
    const ended = Promise.all(Array.from({ length: callers }, call));
    return async () => {
      isOver = true;
      await ended;
      return outcomes;
    };
  }

  /** Sums of the books in the metrics, by camera. */
  async function books(): Promise<
    Record<string, { offered: number; ended: number; underWay: number; stopped: number }>
  > {
    const text = await (await fetch(`${nodeRed.url}/edge-inspect/metrics`)).text();
    const sums: Awaited<ReturnType<typeof books>> = {};
    for (const [, what, labels = '', value] of text.matchAll(/^edge_inspect_books_(\w+)\{(.*)\} (\d+)$/gm)) {
      const camera = /camera="([^"]*)"/.exec(labels)?.[1] ?? '';
      const sum = (sums[camera] ??= { offered: 0, ended: 0, underWay: 0, stopped: 0 });
      const field = { offered_total: 'offered', ended_total: 'ended', under_way: 'underWay' }[what ?? ''] as 'offered';
      sum[field] += Number(value);
      if (labels.includes('reason="stopped"')) sum.stopped += Number(value);
    }
    return sums;
  }

  async function assertBalanced() {
    const now = await books();
    for (const [camera, { offered, ended, underWay }] of Object.entries(now)) {
      assert.equal(offered, ended + underWay, `${camera}: ${JSON.stringify(now)}`);
    }
    return now;
  }

  /** The same flow without its camera: what is under way comes to an end. */
  async function assertAllEnded() {
    await nodeRed.deploy(
      flow().filter(({ type }) => type !== 'camera-in'),
      'nodes',
    );
    await waitFor('every frame to end', async () =>
      Object.values(await books()).every(({ underWay }) => underWay === 0),
    );
    return assertBalanced();
  }

  it('20 full deploys and 10 of what changed: every part gets its one verdict, nobody hangs, the books balance', async () => {
    const stop = load(4);
    for (let deploy = 0; deploy < 30; deploy += 1) {
      await pause(150);
      if (deploy % 3 === 2) minConfidence = 0.4 + deploy / 1000;
      await nodeRed.deploy(flow(), deploy % 3 === 2 ? 'nodes' : 'full');
    }
    const { verdicts, hung } = await stop();
    const sums = await assertAllEnded();
    const seen = await nodeRed.get<Seen[]>('/seen');
    assert.equal(hung, 0, `${hung} callers hang, ${verdicts} were answered`);
    assert.ok(verdicts > 100, String(verdicts));
    assert.equal(new Set(seen.map(({ id }) => id)).size, seen.length, 'one verdict per frame');
    // 'message' is where parts without a camera come from
    // (one that is booked as stopped may have been with a node that went: nobody is left to tell its caller)
    const { ended = 0, stopped = 0 } = sums.message ?? {};
    assert.ok(ended >= verdicts && ended - stopped <= verdicts, `${ended} ended, ${stopped} stopped, ${verdicts} told`);
    const ofCamera = seen.filter(({ camera }) => camera === 'camera');
    assert.equal(
      sums.top?.ended,
      ofCamera.reduce((sum, { count }) => sum + count, 0),
    );
    // its numbers have gone on, without a gap
    let next = 0;
    for (const { seq, count } of ofCamera.sort((a, b) => a.seq - b.seq)) {
      assert.equal(seq, next);
      next += count;
    }
  });

  it('the books go on over a restart and a crash under load, and balance', async () => {
    const before = await books();
    await nodeRed.deploy(flow());
    let stop = load(2);
    await pause(300);
    await nodeRed.stop();
    await stop();
    await start();
    const restarted = await assertBalanced();
    for (const camera of ['top', 'message'])
      assert.ok((restarted[camera]?.offered ?? 0) > (before[camera]?.offered ?? 0));
    stop = load(2);
    await pause(300);
    await nodeRed.stop('SIGKILL');
    await stop();
    await start();
    const afterwards = await assertAllEnded();
    assert.ok((afterwards.message?.offered ?? 0) >= (restarted.message?.offered ?? 0));
  });
});
