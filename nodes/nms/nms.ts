import type { NodeAPI } from 'node-red';
import { asDetections } from '../../src/contract/check-detections';
import { messageOf } from '../../src/contract/errors';
import { toAnnotations } from '../../src/detect/annotations';
import { nms, type NmsOptions } from '../../src/detect/nms';
import { defineNode, type Send } from '../shared/define-node';
import { markNotInspected, type InferenceRecord, type InspectionMessage } from '../shared/messages';
import { readOverrides } from '../shared/properties';
import { NMS } from './properties';

/** A message that cannot be worked on goes on without detections: its part still gets a verdict. */
function passOn(message: InspectionMessage, send: Send, error: unknown): void {
  markNotInspected(message, 'bad message', messageOf(error));
  message.annotations = [];
  send(message);
}

/** Says in `msg.inference` what was applied; whoever else made the detections may have said nothing, or something else. */
function noteIou(message: InspectionMessage, iou: number): void {
  const inference: unknown = message.inference;
  if (typeof inference !== 'object' || inference === null) return;
  const thresholds: unknown = (inference as Partial<InferenceRecord>).thresholds;
  const others = typeof thresholds === 'object' ? thresholds : undefined;
  message.inference = { ...(inference as InferenceRecord), thresholds: { ...others, iou } };
}

function removeDoubles(message: InspectionMessage, config: NmsOptions): number {
  const settings = { ...config, ...readOverrides(NMS, message) };
  const survivors = nms(asDetections(message.payload, 'msg.payload'), settings);
  message.payload = survivors;
  message.annotations = toAnnotations(survivors);
  noteIou(message, settings.iou);
  return survivors.length;
}

export = function (RED: NodeAPI) {
  defineNode<typeof NMS.table, InspectionMessage>(RED, {
    properties: NMS,
    refuse: passOn,
    start: ({ config, show, word }) =>
      function handle(message, send) {
        if (message.notInspected) {
          message.annotations = [];
          send(message);
          return;
        }
        let count: number;
        try {
          count = removeDoubles(message, config);
        } catch (error) {
          passOn(message, send, error);
          throw error;
        }
        show({ fill: 'green', shape: 'dot', text: word('kept', { count }) });
        send(message);
      },
  });
};
