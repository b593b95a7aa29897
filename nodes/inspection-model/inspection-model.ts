import type { NodeAPI, NodeMessageInFlow } from 'node-red';
import { InspectionError, messageOf } from '../../src/contract/errors';
import { Detector } from '../../src/detector/detector';
import { RoutedDetector } from '../../src/detector/routed-detector';
import { resolveModelPath } from '../../src/model/resolve';
import { defineNode } from '../shared/define-node';
import type { InspectionModelNode } from './inspection-model-node';
import { INSPECTION_MODEL } from './properties';

/** Not refused: a bare .onnx cannot prove what it should answer, and its user may know that its sums stay small. */
const SATURATING =
  'The integer kernels of this processor and runtime cut off large sums: results may be wrong; use a float32 model here, see docs/targets.md';

export = function (RED: NodeAPI) {
  defineNode<typeof INSPECTION_MODEL.table, NodeMessageInFlow, InspectionModelNode>(RED, {
    properties: INSPECTION_MODEL,

    refused(node, error) {
      node.problem = messageOf(error);
    },

    start({ node, config, station, fail, onClose }) {
      const { monitor, threads } = station;
      const { model, watchdogSeconds, ...options } = config;
      node.modelPath = resolveModelPath(model, [RED.settings.userDir ?? process.cwd(), process.cwd()]);
      const detector = new Detector({ model: node.modelPath, ...options, watchdogMs: watchdogSeconds * 1000 });
      node.detector = detector;
      node.line = new RoutedDetector(detector);
      // Started on deploy, so that the first part does not wait for the model.
      detector.start().then(
        ({ name, precision, sha256, kernels, selfTest }) => {
          node.log(`${name} ${precision} ready, sha256 ${sha256.slice(0, 12)}, kernels ${kernels}`);
          if (kernels === 'saturating') node.warn(SATURATING);
          if (selfTest === 'none') node.log(`${name} has no golden pictures: it cannot prove itself at its start`);
        },
        (error: unknown) => {
          // stopped while it was starting: nobody wants it any more
          if (!(error instanceof InspectionError && error.code === 'CANCELLED')) fail(error);
        },
      );
      monitor.detectors.set(node.id, { name: node.name || model, stats: () => detector.stats() });
      threads.add(detector, detector.stats().threads);
      onClose(() => {
        monitor.detectors.delete(node.id);
        threads.remove(detector);
        return detector.stop();
      });
    },
  });
};
