import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { childrenOf, isAlive } from '../helpers/child-processes';
import { installPackage, type InstalledPackage } from '../helpers/installed-package';
import { Mosquitto } from '../helpers/mosquitto';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4, nodeRed5 } from '../helpers/node-red-versions';
import { COCO_MODEL, PHOTO } from '../helpers/real-data';
import { Subscriber } from '../helpers/subscriber';
import { waitFor } from '../helpers/wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

interface VerdictMessage {
  verdict: 'PASS' | 'FAIL' | 'NOT_INSPECTED';
  reason?: string;
  frame: { id: string; seq: number };
  counters: { triggers: number; pass: number; fail: number; notInspected: number };
}

interface AlertMessage {
  frame: { id: string };
  defects: { label: string; confidence: number; box: { x: number; y: number; width: number; height: number } }[];
  model: { sha256: string };
}

/** Kills in the middle of frames, as the issue of the spine asks for. */
const KILLS = 10;

for (const version of [() => NODE_RED_4, nodeRed5]) {
  const { name, node, redJs } = version();
  describe(`the packed package in an empty ${name}`, () => {
    let installed: InstalledPackage;
    let broker: Mosquitto;
    let subscriber: Subscriber;
    let nodeRed: NodeRedProcess;

    before(async () => {
      installed = installPackage();
      broker = await Mosquitto.start();
      subscriber = await Subscriber.connect(broker.port);
      nodeRed = await NodeRedProcess.start({ node, redJs, userDir: installed.userDir });
    });
    after(async () => {
      await nodeRed?.stop();
      await subscriber?.stop();
      await broker?.stop();
      installed?.remove();
    });

    /** The example as it is in the package, pointed at this test's broker, model and pictures. */
    function exampleFlow(camera: Record<string, unknown>): FlowNode[] {
      const folder = join(installed.packageDir, 'examples');
      const file = readdirSync(folder).find((entry) => entry.startsWith('02 - ')) as string;
      return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[]).map((entry) => {
        if (entry.type === 'mqtt-broker') return { ...entry, port: String(broker.port) };
        if (entry.type === 'inspection-model') return { ...entry, model: COCO_MODEL };
        if (entry.type === 'camera-in') return { ...entry, ...camera };
        return entry;
      });
    }

    const verdicts = (): VerdictMessage[] => subscriber.of('inspection/line-1/verdict');
    const detectorPids = (): number[] => childrenOf(nodeRed.pid, 'detector');

    it('knows every node of the package', async () => {
      const sets = await nodeRed.get<{ module: string; types: string[]; err?: string }[]>('/nodes');
      const ours = sets.filter((set) => set.module === '@edge-inspect/node-red-inspection');
      assert.deepEqual(
        ours.filter((set) => set.err),
        [],
      );
      const { 'node-red': declared } = JSON.parse(readFileSync(join(installed.packageDir, 'package.json'), 'utf8')) as {
        'node-red': { nodes: Record<string, string> };
      };
      assert.deepEqual(ours.flatMap((set) => set.types).sort(), Object.keys(declared.nodes).sort());
    });

    it('turns a photograph into an alert that fits the schema, at an MQTT subscriber', async () => {
      const pictures = join(installed.userDir, 'pictures');
      mkdirSync(pictures);
      copyFileSync(PHOTO, join(pictures, 'boats.jpg'));
      await nodeRed.deploy(exampleFlow({ source: 'folder', path: pictures, loop: false, fps: 1 }));

      const [alert] = await waitFor('an alert', () => {
        const alerts = subscriber.of<AlertMessage>('inspection/line-1/alert');
        return alerts.length > 0 && alerts;
      });
      const ajv = new Ajv2020({ allErrors: true, strict: false });
      addFormats(ajv);
      const schema = readFileSync(join(installed.packageDir, 'schemas', 'defect-alert.schema.json'), 'utf8');
      const fits = ajv.compile(JSON.parse(schema) as object);
      assert.ok(fits(alert), JSON.stringify(fits.errors));
      assert.ok(alert?.defects.some(({ label, confidence }) => label === 'boat' && confidence > 0.7));

      const verdict = await waitFor('a verdict', () => verdicts()[0]);
      assert.equal(verdict.verdict, 'FAIL');
      assert.equal(verdict.frame.id, alert?.frame.id);
    });

    it('survives its detector being killed in the middle of frames: every frame is accounted for', async () => {
      const seenBefore = verdicts().length;
      await nodeRed.deploy(
        exampleFlow({ source: 'folder', path: join(installed.userDir, 'pictures'), loop: true, fps: 20 }),
      );
      const current = (): VerdictMessage[] => verdicts().slice(seenBefore);

      for (let kill = 0; kill < KILLS; kill++) {
        const answered = current().filter(({ verdict }) => verdict !== 'NOT_INSPECTED').length;
        await waitFor('inspections to go on', () => {
          return current().filter(({ verdict }) => verdict !== 'NOT_INSPECTED').length >= answered + 3;
        });
        const [pid] = await waitFor('a detector process', () => {
          const pids = detectorPids();
          return pids.length > 0 && pids;
        });
        process.kill(pid as number, 'SIGKILL');
        await waitFor('the detector to be gone', () => !isAlive(pid as number));
      }
      assert.ok(nodeRed.isRunning, nodeRed.log);

      // stop the camera alone, so that the frames on their way arrive
      const flow = exampleFlow({ source: 'folder', path: join(installed.userDir, 'pictures'), trigger: 'message' });
      const answered = current().filter(({ verdict }) => verdict !== 'NOT_INSPECTED').length;
      await waitFor('inspections to go on after the last kill', () => {
        return current().filter(({ verdict }) => verdict !== 'NOT_INSPECTED').length >= answered + 3;
      });
      await nodeRed.deploy(flow, 'nodes');
      const end = await waitFor('the last verdicts', async () => {
        const count = current().length;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return current().length === count && current();
      });

      // one verdict per frame: the numbers of the camera's frames come without a gap and once
      const seqs = end.map(({ frame }) => frame.seq).sort((a, b) => a - b);
      assert.deepEqual(
        seqs,
        seqs.map((_, index) => index),
      );
      const { counters } = end.reduce((a, b) => (b.counters.triggers > a.counters.triggers ? b : a));
      // counters go on over a redeploy
      assert.equal(counters.triggers, seenBefore + end.length);
      assert.equal(counters.pass + counters.fail + counters.notInspected, counters.triggers);
      const restarted = end.filter(({ reason }) => reason === 'detector restarted');
      assert.ok(restarted.length >= KILLS, `${restarted.length} frames were lost to ${KILLS} kills`);
    });

    it('leaves no process behind', async () => {
      const pids = detectorPids();
      assert.equal(pids.length, 1);
      await nodeRed.stop();
      await waitFor('the detector to end', () => pids.every((pid) => !isAlive(pid)));
    });
  });
}
