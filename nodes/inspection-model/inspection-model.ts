import type { NodeAPI, NodeMessageInFlow } from 'node-red';
import { InspectionError, messageOf } from '../../src/contract/errors';
import { Detector } from '../../src/detector/detector';
import { RoutedDetector } from '../../src/detector/routed-detector';
import { classNamesOf } from '../../src/model/class-list';
import { resolveModelPath } from '../../src/model/resolve';
import { defineNode } from '../shared/define-node';
import { ownPageOnly } from '../shared/own-page';
import type { InspectionModelNode } from './inspection-model-node';
import { INSPECTION_MODEL } from './properties';

/** Not refused: a bare .onnx cannot prove what it should answer, and its user may know that its sums stay small. */
const SATURATING =
  'The integer kernels of this processor and runtime cut off large sums: results may be wrong; use a float32 model here, see docs/targets.md';

export = function (RED: NodeAPI) {
  const pathOf = (model: unknown) => resolveModelPath(model, [RED.settings.userDir ?? process.cwd(), process.cwd()]);

  defineNode<typeof INSPECTION_MODEL.table, NodeMessageInFlow, InspectionModelNode>(RED, {
    properties: INSPECTION_MODEL,

    refused(node, error) {
      node.problem = messageOf(error);
    },

    start({ node, config, station, fail, onClose }) {
      const { monitor, threads } = station;
      const { model, watchdogSeconds, ...options } = config;
      node.modelPath = pathOf(model);
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

  // for dialogs of other nodes, deployed or not: who may deploy a model may also ask what is in it
  RED.httpAdmin.post(
    '/inspection-model/classes',
    RED.auth.needsPermission('inspection-model.write'),
    ownPageOnly,
    (request, response) => {
      const { model } = (request.body ?? {}) as Record<string, unknown>;
      const work = async () => classNamesOf(pathOf(model));
      work().then(
        (classNames) => response.json({ classNames }),
        (error: unknown) => response.status(400).json({ error: messageOf(error) }),
      );
    },
  );
};
