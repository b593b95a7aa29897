// The model in use as its own candidate, with real pixels: whatever stands between the detector and the shadow, there is
// nothing to disagree about.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { simulatePart } from '../../src/simulate/line';
import { deployFlow } from '../helpers/flow';
import { ROOT } from '../helpers/root';
import { until } from '../helpers/until';

const NODES = ['inspection-model', 'yolo-int8-detect', 'nms', 'model-shadow'].map(
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  (name) => require(join(process.cwd(), 'dist', 'nodes', name, `${name}.js`)) as never,
);
const MODEL = join(ROOT, 'models', 'pcb-defects');
/** The bug was seen after 2; each costs two inferences. */
const PARTS = 12;

const CASES: [what: string, nms: object][] = [
  ['nms as it is', {}],
  ['an nms that merges across classes and sooner', { iou: 0.1, classAware: false }],
  ['an nms that hands on three detections at most', { maxDetections: 3 }],
];

describe('model-shadow behind nms, the detector at confidence 0.1', () => {
  const root = mkdtempSync(join(tmpdir(), 'same-model-'));
  before(() => new Promise<void>((resolve) => helper.startServer(resolve)));
  afterEach(() => helper.unload());
  after(async () => {
    await new Promise<void>((resolve) => helper.stopServer(resolve));
    rmSync(root, { recursive: true, force: true });
  });

  for (const [what, nms] of CASES) {
    it(`finds nothing to disagree about: ${what}`, async () => {
      const { node, messages } = await deployFlow<{ payload: ShadowReport }>(NODES, [
        { id: 'in-use', type: 'inspection-model', model: MODEL, threads: 2, watchdogSeconds: 60 },
        { id: 'detect', type: 'yolo-int8-detect', model: 'in-use', confidence: 0.1, wires: [['suppress']] },
        { id: 'suppress', type: 'nms', iou: 0.45, maxDetections: 300, classAware: true, ...nms, wires: [['beside']] },
        {
          id: 'beside',
          type: 'model-shadow',
          model: 'in-use',
          candidate: MODEL,
          sample: 1,
          reportFrames: 1,
          evidence: join(root, 'disputed'),
          wires: [['out'], []],
        },
      ]);
      const report = () => messages.at(-1)?.payload;
      await until('a shadow', () => report()?.phase === 'shadow', 120_000);
      for (let part = 0; part < PARTS; part++) {
        const { image } = await simulatePart({ look: 'binarised', seed: 7 }, part);
        const before = report()?.frames ?? 0;
        node('detect').receive({ payload: Buffer.from(image), topic: 'camera' });
        await until('a comparison', () => (report()?.frames ?? 0) > before, 120_000);
      }
      const { phase, statistics } = report() ?? assert.fail();
      assert.equal(phase, 'shadow');
      assert.equal(statistics?.disagreement.count, 0);
      assert.equal(statistics?.tensorDifference?.mean, 0);
      const seen = statistics?.classes.reduce((sum, { missed }) => sum + missed.of, 0) ?? 0;
      assert.ok(seen > PARTS, `only ${seen} things were compared`);
    });
  }
});
