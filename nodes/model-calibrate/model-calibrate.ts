import { resolve } from 'node:path';
import type { NodeAPI, NodeDef } from 'node-red';
import { expected, messageOf } from '../../src/contract/errors';
import { resolveModelPath } from '../../src/model/resolve';
import { CalibrationCollector, type CollectCounts } from '../../src/quantize/collect/collect';
import { readOptions } from '../../src/quantize/options';
import type { CalibrationResult } from '../../src/contract/certificate';
import type { Budget } from '../../src/contract/budget';
import { nonEmptyString, numberBetween, oneOf } from '../../src/contract/validate';
import { onClose, onInput, showError, statusText, type Send } from '../shared/adapter';
import { joinStation } from '../shared/station';
import type { InspectionMessage } from '../shared/messages';

interface ModelCalibrateDef extends NodeDef {
  model: string;
  folder: string;
  out: string;
  samples: number | string;
  intervalSeconds: number | string;
  similarBits: number | string;
  target: string;
  method: string;
  threads: number | string;
  maxRecallLoss: number | string;
  augment?: boolean;
  automatic: boolean;
}

interface CalibrateMessage extends InspectionMessage {
  /** `quantize` starts with what is collected, `cancel` stops it. */
  calibrate?: unknown;
}

const COMMANDS = ['quantize', 'cancel'] as const;

/** Status texts by state; `full` without automatic quantization waits for the command. */
const FILL: Record<CollectCounts['state'], 'grey' | 'green' | 'blue' | 'yellow'> = {
  starting: 'yellow',
  collecting: 'green',
  full: 'blue',
  quantizing: 'blue',
  stopped: 'grey',
};

export = function (RED: NodeAPI) {
  const { scheduler } = joinStation(RED);
  function ModelCalibrate(this: import('node-red').Node, config: ModelCalibrateDef) {
    RED.nodes.createNode(this, config);
    const base = RED.settings.userDir ?? process.cwd();
    let problem: unknown;
    let collector: CalibrationCollector | undefined;
    let quantizeOptions: Parameters<CalibrationCollector['quantize']>[0] = {};
    /** Automatic quantization starts once per deploy: a refused model is not tried again with the same frames. */
    let wasAutomatic = false;

    const quantize = async (send: Send): Promise<void> => {
      if (!collector) throw problem;
      // looked for only now: frames are collected before the float model is there
      const model = resolveModelPath(config.model, [base, process.cwd()]);
      const result = await collector.quantize({ ...quantizeOptions, model });
      const payload: CalibrationResult = { state: result.published ? 'ready' : 'refused', ...result };
      send({ topic: 'calibration', payload });
      if (!result.published)
        throw expected('a certified model', 'calibration', result.certificate.verdict, 'CHECK_FAILED');
      this.status({ fill: 'green', shape: 'dot', text: RED._('model-calibrate.status.ready') });
    };

    const showCounts = (counts: CollectCounts): void => {
      if (counts.state === 'quantizing' || counts.state === 'stopped') return;
      const text = RED._(`model-calibrate.status.${counts.state}`, {
        collected: String(counts.collected),
        samples: String(counts.samples),
      });
      this.status({ fill: FILL[counts.state], shape: 'dot', text: statusText(text) });
    };

    try {
      const within = (value: unknown, name: string): string => resolve(base, nonEmptyString(value, name));
      const folder = within(config.folder, 'folder');
      const { target, method, threads, maxRecallLoss, samples } = config;
      quantizeOptions = {
        model: nonEmptyString(config.model, 'model'),
        out: within(config.out, 'out'),
        ...{ target, method, threads, maxRecallLoss, samples },
        augment: config.augment ?? false,
      };
      readOptions({ ...quantizeOptions, calibration: folder });
      collector = new CalibrationCollector({
        folder,
        samples,
        intervalMs: numberBetween(config.intervalSeconds, 'interval', 0, 86_400) * 1000,
        similarBits: config.similarBits,
      });
      collector.on('change', (counts) => {
        showCounts(counts);
        if (counts.state !== 'full' || !config.automatic || wasAutomatic) return;
        wasAutomatic = true;
        quantize((message) => this.send(message as never)).catch((error: unknown) => {
          showError(this, error);
          this.error(messageOf(error));
        });
      });
      collector.on('progress', ({ done }) => {
        const percent = String(Math.floor(done * 100));
        this.status({ fill: 'blue', shape: 'ring', text: RED._('model-calibrate.status.quantizing', { percent }) });
      });
      collector.on('problem', (error) => {
        showError(this, error);
        this.error(error.message);
      });
      collector.start();
      const resting = collector;
      const onBudget = ({ shadow, paused }: Budget): void => resting.rest(paused || !shadow);
      scheduler.on('budget', onBudget);
      onBudget(scheduler.budget);
      onClose(this, () => void scheduler.off('budget', onBudget));
    } catch (error) {
      problem = error;
      this.error(messageOf(error));
      this.status({ fill: 'red', shape: 'ring', text: RED._('model-calibrate.status.settings') });
    }

    onInput<CalibrateMessage>(this, async (message, send) => {
      if (!collector) throw problem;
      if (message.calibrate !== undefined) {
        if (oneOf(message.calibrate, 'msg.calibrate', COMMANDS) === 'cancel') collector.cancel();
        else await quantize(send);
        return;
      }
      // frames that were given up elsewhere have no picture worth keeping
      if (message.notInspected) return;
      const image = Buffer.isBuffer(message.image) ? message.image : message.payload;
      if (!Buffer.isBuffer(image)) throw expected('a Buffer with an encoded picture', 'msg.payload', message.payload);
      if (collector.offer(image, message.frame)) {
        send({ topic: 'calibration', payload: { ...collector.counts } });
      }
    });
    onClose(this, () => collector?.stop());
  }
  RED.nodes.registerType('model-calibrate', ModelCalibrate);
};
