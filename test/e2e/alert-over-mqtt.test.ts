import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { nms } from '../../src/detect/nms';
import { Pipeline } from '../../src/detect/pipeline';
import { childrenOf, isAlive } from '../helpers/child-processes';
import { exampleFlow, type FlowNode } from '../helpers/example-flow';
import { installPackage, type InstalledPackage } from '../helpers/installed-package';
import { Mosquitto } from '../helpers/mosquitto';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4, nodeRed5 } from '../helpers/node-red-versions';
import { COCO_MODEL, PHOTO } from '../helpers/real-data';
import { SHIPPED_MODEL, TEST_SEED, boards } from '../helpers/shipped-model';
import { Subscriber } from '../helpers/subscriber';
import { waitFor } from '../helpers/wait-for';

interface VerdictMessage {
  verdict: 'PASS' | 'FAIL' | 'NOT_INSPECTED';
  reason?: string;
  frame: { id: string; seq: number };
  counters: { triggers: number; pass: number; fail: number; notInspected: number };
}

interface AlertMessage {
  frame: { id: string };
  defects: { label: string; confidence: number; box: { x: number; y: number; width: number; height: number } }[];
  model: { name: string; sha256: string };
}

/** Kills in the middle of frames. */
const KILLS = 10;
/** Parts of the simulated line, about half of them defective. */
const PARTS = 20;
const LINE = { look: 'binarised', defectRate: 0.5 } as const;

/** What the example's model makes of the parts of the line by its own thresholds, worked out in this process. */
async function verdictsOfLine(): Promise<string[]> {
  const pipeline = await Pipeline.open(SHIPPED_MODEL, { threads: 1 });
  const verdicts: string[] = [];
  for (const { image } of await boards(PARTS, LINE)) {
    const { detections } = await pipeline.infer(await pipeline.prepare(image));
    verdicts.push(nms(detections).length > 0 ? 'FAIL' : 'PASS');
  }
  await pipeline.close();
  return verdicts;
}

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

    /** The example as it is in the package with the model that ships, at this test's broker. */
    const example = (camera: Record<string, unknown>, model: Record<string, unknown> = {}): FlowNode[] =>
      exampleFlow(installed.packageDir, '02', {
        'mqtt-broker': { port: String(broker.port) },
        'inspection-model': model,
        'camera-in': camera,
      });

    const verdicts = (): VerdictMessage[] => subscriber.of('inspection/line-1/verdict');
    /** The number of the camera's next frame: it goes on over deploys. */
    const nextSeq = (): number => Math.max(-1, ...verdicts().map(({ frame }) => frame.seq)) + 1;
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

    it('turns a photograph into an alert that fits the schema, with a model of the user', async () => {
      const pictures = join(installed.userDir, 'pictures');
      mkdirSync(pictures);
      copyFileSync(PHOTO, join(pictures, 'boats.jpg'));
      await nodeRed.deploy(example({ source: 'folder', path: pictures, loop: false, fps: 1 }, { model: COCO_MODEL }));

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
      const firstSeq = nextSeq();
      const path = join(installed.userDir, 'boards');
      mkdirSync(path);
      const [board] = await boards(1, { ...LINE, defectRate: 1 });
      writeFileSync(join(path, 'board.jpg'), board?.image as Buffer);
      // as many frames as the detector takes: there is always one to lose
      await nodeRed.deploy(
        example({ source: 'folder', path, loop: true, fps: 0, overload: 'every' }, { overload: 'every' }),
      );
      const current = (): VerdictMessage[] => verdicts().slice(seenBefore);
      const lost = () => current().filter(({ reason }) => reason === 'detector restarted').length;
      const goesOn = async () => {
        const inspected = () => current().filter(({ verdict }) => verdict === 'FAIL').length;
        const before = inspected();
        await waitFor('inspections to go on', () => inspected() >= before + 3);
      };

      // a kill may hit the moment between two frames
      for (let kill = 0; lost() < KILLS && kill < 3 * KILLS; kill++) {
        await goesOn();
        const [pid] = await waitFor('a detector process', () => {
          const pids = detectorPids();
          return pids.length > 0 && pids;
        });
        process.kill(pid as number, 'SIGKILL');
        await waitFor('the detector to be gone', () => !isAlive(pid as number));
      }
      assert.ok(nodeRed.isRunning, nodeRed.log);

      await goesOn();
      // stop the camera alone, so that the frames on their way arrive
      await nodeRed.deploy(
        example({ source: 'folder', path, trigger: 'message', overload: 'every' }, { overload: 'every' }),
        'nodes',
      );
      const end = await waitFor('the last verdicts', async () => {
        const count = current().length;
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return current().length === count && current();
      });

      // one verdict per frame: the numbers of the camera's frames come without a gap and once
      const seqs = end.map(({ frame }) => frame.seq).sort((a, b) => a - b);
      assert.deepEqual(
        seqs,
        seqs.map((_, index) => firstSeq + index),
      );
      const { counters } = end.reduce((a, b) => (b.counters.triggers > a.counters.triggers ? b : a));
      // counters go on over a redeploy
      assert.equal(counters.triggers, seenBefore + end.length);
      assert.equal(counters.pass + counters.fail + counters.notInspected, counters.triggers);
      assert.ok(lost() >= KILLS, `${lost()} frames were lost to kills`);
    });

    it('gives every part of the simulated line the verdict of the model that ships', async () => {
      const seenBefore = verdicts().length;
      const firstSeq = nextSeq();
      const alertsBefore = subscriber.of('inspection/line-1/alert').length;
      const flow = example({ ...LINE, seed: TEST_SEED, fps: 0, overload: 'every' }, { overload: 'every' });
      const expected = await verdictsOfLine();
      assert.deepEqual([...new Set(expected)].sort(), ['FAIL', 'PASS']);
      await nodeRed.deploy(flow);
      const line = await waitFor(`${PARTS} parts`, () => {
        // two lanes infer at once: the 21st part may be told before the 20th
        const all = verdicts()
          .slice(seenBefore)
          .filter(({ frame }) => frame.seq < firstSeq + PARTS);
        return all.length >= PARTS && all.sort((a, b) => a.frame.seq - b.frame.seq);
      });
      assert.deepEqual(
        line.map(({ frame, verdict }) => `${frame.seq} ${verdict}`),
        expected.map((verdict, index) => `${firstSeq + index} ${verdict}`),
      );

      const [alert] = subscriber.of<AlertMessage>('inspection/line-1/alert').slice(alertsBefore);
      assert.equal(alert?.model.name, 'pcb-defects');
      assert.equal(alert.frame.id, line.find(({ verdict }) => verdict === 'FAIL')?.frame.id);
    });

    it('leaves no process behind', async () => {
      const pids = detectorPids();
      assert.equal(pids.length, 1);
      await nodeRed.stop();
      await waitFor('the detector to end', () => pids.every((pid) => !isAlive(pid)));
    });
  });
}
