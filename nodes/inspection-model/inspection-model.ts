import type { NodeAPI, NodeDef } from 'node-red';
import { messageOf } from '../../src/contract/errors';
import { Detector } from '../../src/detector/detector';
import { OVERLOAD_POLICIES } from '../../src/detector/options';
import { resolveModelPath } from '../../src/model/resolve';
import { RoutedDetector } from '../../src/detector/routed-detector';
import { integerBetween, numberBetween, oneOf } from '../../src/contract/validate';
import { onClose } from '../shared/adapter';
import { joinStation } from '../shared/station';
import type { InspectionModelNode } from './inspection-model-node';

interface InspectionModelDef extends NodeDef {
  model: string;
  threads: number | string;
  overload?: string;
  queueLimit?: number | string;
  watchdogSeconds?: number | string;
}

/** Not refused: a bare .onnx cannot prove what it should answer, and its user may know that its sums stay small. */
const SATURATING =
  'The integer kernels of this processor and runtime cut off large sums: results may be wrong; use a float32 model here, see docs/targets.md';

export = function (RED: NodeAPI) {
  const { monitor, threads } = joinStation(RED);
  function InspectionModel(this: InspectionModelNode, config: InspectionModelDef) {
    RED.nodes.createNode(this, config);
    try {
      const folders = [RED.settings.userDir ?? process.cwd(), process.cwd()];
      this.modelPath = resolveModelPath(config.model, folders);
      const detector = new Detector({
        model: this.modelPath,
        threads: integerBetween(config.threads ?? 0, 'threads', 0, 64),
        overload: oneOf(config.overload ?? 'latest', 'overload', OVERLOAD_POLICIES),
        queueLimit: integerBetween(config.queueLimit ?? 2, 'queue', 1, 1000),
        watchdogMs: numberBetween(config.watchdogSeconds ?? 10, 'watchdog', 0.5, 600) * 1000,
      });
      this.detector = detector;
      this.line = new RoutedDetector(detector);
      // Started on deploy, so that the first part does not wait for the model.
      detector.start().then(
        (model) => {
          this.log(
            `${model.name} ${model.precision} ready, sha256 ${model.sha256.slice(0, 12)}, kernels ${model.kernels}`,
          );
          if (model.selfTest === 'none')
            this.log(`${model.name} has no golden pictures: it cannot prove itself at its start`);
          if (model.kernels === 'saturating') this.warn(SATURATING);
        },
        (error: unknown) => this.error(messageOf(error)),
      );
      monitor.detectors.set(this.id, { name: config.name || config.model, stats: () => detector.stats() });
      threads.add(detector, detector.stats().threads);
      onClose(this, () => {
        monitor.detectors.delete(this.id);
        threads.remove(detector);
        return detector.stop();
      });
    } catch (error) {
      this.problem = messageOf(error);
      this.error(this.problem);
    }
  }
  RED.nodes.registerType('inspection-model', InspectionModel);
};
