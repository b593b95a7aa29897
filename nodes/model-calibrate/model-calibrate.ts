import { resolve } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import type { CalibrationResult } from '../../src/contract/certificate';
import type { Budget } from '../../src/contract/budget';
import { expected } from '../../src/contract/errors';
import { oneOf } from '../../src/contract/validate';
import { resolveModelPath } from '../../src/model/resolve';
import { CalibrationCollector, type CollectCounts } from '../../src/quantize/collect/collect';
import { readOptions } from '../../src/quantize/options';
import { defineNode, type NodeContext, type Send } from '../shared/define-node';
import type { InspectionMessage } from '../shared/messages';
import type { Badge } from '../shared/status-badge';
import { MODEL_CALIBRATE } from './properties';

interface CalibrateMessage extends InspectionMessage {
  /** `quantize` starts with what is collected, `cancel` stops it. */
  calibrate?: unknown;
}

type Context = NodeContext<typeof MODEL_CALIBRATE.table>;
type QuantizeRequest = Parameters<CalibrationCollector['quantize']>[0];

const COMMANDS = ['quantize', 'cancel'] as const;

/** Status texts by state; `full` without automatic quantization waits for the command. */
const FILL: Record<CollectCounts['state'], Badge['fill']> = {
  starting: 'yellow',
  collecting: 'green',
  full: 'blue',
  quantizing: 'blue',
  stopped: 'grey',
};

/** Shows how far it is, by what the collector tells. */
function showProgress(collector: CalibrationCollector, { show, word, fail }: Context): void {
  collector.on('change', ({ state, collected, samples }) => {
    if (state === 'quantizing' || state === 'stopped') return;
    show({ fill: FILL[state], shape: 'dot', text: word(state, { collected, samples }) });
  });
  collector.on('progress', ({ done }) => {
    show({ fill: 'blue', shape: 'ring', text: word('quantizing', { percent: Math.floor(done * 100) }) });
  });
  collector.on('problem', (error) => fail(error));
}

/** Collecting gives way to the line: it rests while the station is paused or has no time for shadows. */
function restWithStation(collector: CalibrationCollector, { station: { scheduler }, onClose }: Context): void {
  const onBudget = ({ shadow, paused }: Budget): void => collector.rest(paused || !shadow);
  scheduler.on('budget', onBudget);
  onBudget(scheduler.budget);
  onClose(() => void scheduler.off('budget', onBudget));
}

/** Quantizes with what is collected, and sends the result. @throws InspectionError when it is refused */
async function quantize(
  collector: CalibrationCollector,
  request: QuantizeRequest,
  { show, word }: Context,
  send: Send,
): Promise<void> {
  const result = await collector.quantize(request);
  const payload: CalibrationResult = { state: result.published ? 'ready' : 'refused', ...result };
  send({ topic: 'calibration', payload });
  if (!result.published) throw expected('a certified model', 'calibration', result.certificate.verdict, 'CHECK_FAILED');
  show({ fill: 'green', shape: 'dot', text: word('ready') });
}

/** Quantizes as soon as all is collected; once per deploy: a refused model is not tried again with the same frames. */
function quantizeWhenFull(collector: CalibrationCollector, node: Node, begin: (send: Send) => Promise<void>) {
  let wasAutomatic = false;
  return new Promise<void>((resolve, reject) => {
    collector.on('change', ({ state }) => {
      if (state !== 'full' || wasAutomatic) return;
      wasAutomatic = true;
      begin((message) => node.send(message as never)).then(resolve, reject);
    });
  });
}

export = function (RED: NodeAPI) {
  defineNode<typeof MODEL_CALIBRATE.table, CalibrateMessage>(RED, {
    properties: MODEL_CALIBRATE,

    start(context) {
      const { node, config, fail, onClose } = context;
      const base = RED.settings.userDir ?? process.cwd();
      const folder = resolve(base, config.folder);
      const { samples, similarBits, target, method, augment, threads, maxRecallLoss, setThresholds } = config;
      const good = config.good === '' ? undefined : resolve(base, config.good);
      const options = {
        ...{ target, method, threads, maxRecallLoss, samples, augment, setThresholds, good },
        out: resolve(base, config.out),
      };
      readOptions({ ...options, model: config.model, calibration: folder });
      const collector = new CalibrationCollector({
        folder,
        samples,
        intervalMs: config.intervalSeconds * 1000,
        similarBits,
      });
      onClose(() => collector.stop());
      showProgress(collector, context);
      const begin = (send: Send) => {
        // looked for only now: frames are collected before the float model is there
        const model = resolveModelPath(config.model, [base, process.cwd()]);
        return quantize(collector, { ...options, model }, context, send);
      };
      if (config.automatic) quantizeWhenFull(collector, node, async (send) => begin(send)).catch(fail);
      collector.start();
      restWithStation(collector, context);

      return async function handle(message, send) {
        if (message.calibrate !== undefined) {
          if (oneOf(message.calibrate, 'msg.calibrate', COMMANDS) === 'cancel') collector.cancel();
          else await begin(send);
          return;
        }
        // frames that were given up elsewhere have no picture worth keeping
        if (message.notInspected) return;
        const image = Buffer.isBuffer(message.image) ? message.image : message.payload;
        if (!Buffer.isBuffer(image)) throw expected('a Buffer with an encoded picture', 'msg.payload', message.payload);
        if (collector.offer(image, message.frame)) {
          send({ topic: 'calibration', payload: { ...collector.counts } });
        }
      };
    },
  });
};
