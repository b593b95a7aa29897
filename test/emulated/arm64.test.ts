// `npm run test:arm64`: the shipped model as arm64 code, and example 02 in a Node-RED that is arm64 code throughout.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Answers } from '../../lab/emulated/answers';
import { emulatedNode } from '../../lab/emulated/emulate';
import { MACHINES, type MachineName } from '../../lab/emulated/machines';
import { exampleFlow } from '../helpers/example-flow';
import { linkPackage } from '../helpers/linked-package';
import { Mosquitto } from '../helpers/mosquitto';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';
import { SHIPPED_MODEL, TEST_SEED } from '../helpers/shipped-model';
import { Subscriber } from '../helpers/subscriber';
import { waitFor } from '../helpers/wait-for';
import { answersOf, assertSame, drawPictures } from './elsewhere';

const arm64 = (Object.keys(MACHINES) as MachineName[]).filter((name) => MACHINES[name].qemu === 'qemu-aarch64');
/** Emulation is a hundred times slower than the board, and CI's machine may be busy. */
const PATIENCE_MS = 600_000;
/** The first parts of the line: with half of them defective both verdicts come up. */
const PARTS = 4;

interface VerdictMessage {
  verdict: string;
  frame: { seq: number };
}

describe('the shipped model on arm64', () => {
  const folder = mkdtempSync(join(tmpdir(), 'arm64-'));
  let pictures: string[] = [];
  let here: Answers;

  before(async () => {
    pictures = await drawPictures(folder);
    here = await answersOf(process.execPath, SHIPPED_MODEL, pictures);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of arm64) {
    it(`${name}: the answers of this machine, box by box (${MACHINES[name].standsFor})`, async () => {
      assertSame(here, await answersOf(emulatedNode(name), SHIPPED_MODEL, pictures));
    });
  }
});

describe('example 02 in a Node-RED on an emulated Raspberry Pi 5', () => {
  const runs: NodeRedProcess[] = [];
  const folders: string[] = [];
  let broker: Mosquitto;

  before(async () => {
    broker = await Mosquitto.start();
  });
  after(async () => {
    for (const run of runs) await run.stop('SIGKILL');
    await broker?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  /** The verdicts on the first parts of the simulated line, in order. */
  async function verdictsWith(node: string): Promise<string[]> {
    const userDir = mkdtempSync(join(tmpdir(), 'arm64-user-'));
    folders.push(userDir);
    linkPackage(userDir);
    const subscriber = await Subscriber.connect(broker.port);
    const nodeRed = await NodeRedProcess.start({ ...NODE_RED_4, node, userDir, startMs: PATIENCE_MS });
    runs.push(nodeRed);
    await nodeRed.deploy(
      exampleFlow(ROOT, '02', {
        'mqtt-broker': { port: String(broker.port) },
        'camera-in': { seed: TEST_SEED, defectRate: 0.5, fps: 0, overload: 'every' },
        // one thread is one lane: the model is loaded and tested once
        'inspection-model': { overload: 'every', threads: '1', watchdogSeconds: 600 },
      }),
    );
    const verdicts = await waitFor(
      `${PARTS} verdicts`,
      () => {
        const all = subscriber.of<VerdictMessage>('inspection/line-1/verdict');
        return all.length >= PARTS && all;
      },
      PATIENCE_MS,
    );
    await nodeRed.stop();
    await subscriber.stop();
    assert.deepEqual(
      nodeRed.log.split('\n').filter((line) => /\[error\]|Uncaught/.test(line)),
      [],
    );
    return verdicts
      .sort((a, b) => a.frame.seq - b.frame.seq)
      .slice(0, PARTS)
      .map(({ verdict }) => verdict);
  }

  it('gives every part the verdict that it has here', async () => {
    const here = await verdictsWith(process.execPath);
    assert.deepEqual([...new Set(here)].sort(), ['FAIL', 'PASS']);
    assert.deepEqual(await verdictsWith(emulatedNode('cortex-a76')), here);
  });
});
