import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import type { InspectionMessage } from '../../nodes/shared/messages';
import nmsNode from '../../nodes/nms/nms';
import type { Detection } from '../../src/contract/detection';
import { deployFlow } from '../helpers/flow';
import { waitFor } from '../helpers/wait-for';

function detection(confidence: number, x: number, classId = 0): Detection {
  return { label: ['open', 'short'][classId] as string, classId, confidence, box: { x, y: 0, width: 10, height: 10 } };
}

/** Sends one message through a node with a config and returns what came out, with the errors. */
async function through(config: object, message: object): Promise<{ message: InspectionMessage; errors: string[] }> {
  const flow = await deployFlow<InspectionMessage>(
    [nmsNode],
    [{ id: 'doubles', type: 'nms', iou: 0.45, maxDetections: 300, classAware: true, wires: [['out']], ...config }],
  );
  flow.node('doubles').receive(message as never);
  const [answer] = await waitFor('an answer', () => flow.messages.length > 0 && flow.messages);
  return { message: answer as InspectionMessage, errors: flow.errors };
}

describe('node nms', () => {
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  afterEach(() => helper.unload());

  const overlapping = [detection(0.6, 1), detection(0.9, 0), detection(0.8, 0, 1)];

  it('keeps the survivors and draws them', async () => {
    const { message, errors } = await through({}, { payload: overlapping, other: 1 });
    assert.deepEqual(
      (message.payload as Detection[]).map(({ confidence }) => confidence),
      [0.9, 0.8],
    );
    assert.deepEqual(message.annotations, [
      { type: 'rect', bbox: [0, 0, 10, 10], label: 'open 90%' },
      { type: 'rect', bbox: [0, 0, 10, 10], label: 'short 80%' },
    ]);
    assert.deepEqual(errors, []);
  });

  it('takes settings by property and by message, strings from dialogs included', async () => {
    const cases: [object, object, number][] = [
      [{ classAware: false }, {}, 1],
      [{ iou: '0.95' }, {}, 3],
      [{ maxDetections: 1 }, {}, 1],
      [{}, { iou: 0.95 }, 3],
      [{}, { classAware: false }, 1],
      [{}, { maxDetections: 1 }, 1],
    ];
    for (const [config, overrides, count] of cases) {
      const { message } = await through(config, { payload: overlapping, ...overrides });
      assert.equal((message.payload as Detection[]).length, count, JSON.stringify([config, overrides]));
      await helper.unload();
    }
  });

  const refusals: [string, object, object, RegExp][] = [
    [
      'a string payload',
      {},
      { payload: 'hello' },
      /^Expected an array of detections .* for msg\.payload but received "hello"$/,
    ],
    [
      'an image',
      {},
      { payload: Buffer.from([1, 2]) },
      /^Expected an array of detections .* but received a Buffer of 2 bytes$/,
    ],
    ['a wrong msg.iou', {}, { payload: [], iou: 2 }, /^Expected a number between 0 and 1 for msg\.iou but received 2$/],
    ['a wrong property', { iou: 'x' }, { payload: [] }, /^Expected a number between 0 and 1 for iou but received "x"$/],
    [
      'a wrong maxDetections',
      { maxDetections: 0 },
      { payload: [] },
      /^Expected a whole number between 1 and 10000 for maxDetections but received 0$/,
    ],
    [
      'a wrong classAware',
      {},
      { payload: [], classAware: 'no' },
      /^Expected true or false for msg\.classAware but received "no"$/,
    ],
  ];
  for (const [name, config, input, sentence] of refusals) {
    it(`${name}: one sentence, and the message goes on as not inspected`, async () => {
      const { message, errors } = await through(config, input);
      assert.equal(message.notInspected?.reason, 'bad message');
      assert.deepEqual(message.payload, []);
      await waitFor('the error', () => errors.length > 0);
      assert.match(errors[0] as string, sentence);
    });
  }

  it('a good list stays one whoever made it: without thresholds in msg.inference, or without any inference', async () => {
    const inferences: [unknown, unknown][] = [
      [{ model: { name: 'other' } }, { model: { name: 'other' }, thresholds: { iou: 0.45 } }],
      [{ thresholds: 'none' }, { thresholds: { iou: 0.45 } }],
      [
        Object.freeze({ thresholds: Object.freeze({ confidence: 0.5 }) }),
        { thresholds: { confidence: 0.5, iou: 0.45 } },
      ],
      ['by hand', 'by hand'],
      [null, null],
    ];
    for (const [inference, told] of inferences) {
      const { message, errors } = await through({}, { payload: overlapping, inference });
      assert.equal(message.notInspected, undefined);
      assert.equal((message.payload as Detection[]).length, 2);
      const { thresholds, ...rest } = Object(message.inference) as { thresholds?: object };
      assert.deepEqual(
        typeof told === 'object' && told ? { ...rest, thresholds: { ...thresholds } } : message.inference,
        told,
      );
      assert.deepEqual(errors, []);
      await helper.unload();
    }
  });

  it('lets pass what was not inspected', async () => {
    const notInspected = { reason: 'too hot', detail: 'x' };
    const { message, errors } = await through({}, { payload: [], notInspected });
    assert.deepEqual(message.notInspected, notInspected);
    assert.deepEqual(errors, []);
  });
});
