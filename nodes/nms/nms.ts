import type { Node, NodeAPI, NodeDef } from 'node-red';
import { expected } from '../../src/contract/errors';
import { toAnnotations } from '../../src/detect/annotations';
import { asDetections } from '../../src/contract/check-detections';
import { nms, NMS_DEFAULTS, type NmsOptions } from '../../src/detect/nms';
import { integerBetween, numberBetween } from '../../src/contract/validate';
import { onInput, statusText } from '../shared/adapter';
import { markNotInspected, type InspectionMessage } from '../shared/messages';

interface NmsDef extends NodeDef {
  iou: number | string;
  maxDetections: number | string;
  classAware: boolean;
}

interface NmsSettings {
  iou?: unknown;
  maxDetections?: unknown;
  classAware?: unknown;
}

/** Reads settings over others; what is left undefined keeps the value below. */
function readSettings(settings: NmsSettings, below: NmsOptions, prefix = ''): NmsOptions {
  const { iou, maxDetections, classAware } = settings;
  if (classAware !== undefined && typeof classAware !== 'boolean') {
    throw expected('true or false', `${prefix}classAware`, classAware);
  }
  return {
    iou: iou === undefined ? below.iou : numberBetween(iou, `${prefix}iou`, 0, 1),
    maxDetections:
      maxDetections === undefined
        ? below.maxDetections
        : integerBetween(maxDetections, `${prefix}maxDetections`, 1, 10000),
    classAware: classAware ?? below.classAware,
  };
}

/** The status under the node is renewed at most this often. */
const STATUS_INTERVAL_MS = 500;

export = function (RED: NodeAPI) {
  function Nms(this: Node, config: NmsDef) {
    RED.nodes.createNode(this, config);
    let options: NmsOptions | undefined;
    let problem: unknown;
    let statusAt = 0;
    try {
      options = readSettings(config, NMS_DEFAULTS);
    } catch (error) {
      problem = error;
      this.error(error);
      this.status({ fill: 'red', shape: 'ring', text: RED._('nms.status.settings') });
    }

    onInput<InspectionMessage>(this, (message, send) => {
      if (message.notInspected) {
        message.annotations = [];
        send(message);
        return;
      }
      try {
        if (!options) throw problem;
        const settings = readSettings(message, options, 'msg.');
        const survivors = nms(asDetections(message.payload, 'msg.payload'), settings);
        message.payload = survivors;
        message.annotations = toAnnotations(survivors);
        if (message.inference) message.inference.thresholds.iou = settings.iou;
        if (Date.now() - statusAt >= STATUS_INTERVAL_MS) {
          statusAt = Date.now();
          this.status({
            fill: 'green',
            shape: 'dot',
            text: statusText(RED._('nms.status.kept', { count: String(survivors.length) })),
          });
        }
        send(message);
      } catch (error) {
        markNotInspected(message, 'bad message', (error as Error).message);
        message.annotations = [];
        send(message);
        throw error;
      }
    });
  }
  RED.nodes.registerType('nms', Nms);
};
