import type { NodeAPI, NodeDef } from 'node-red';
import { InspectionError, expected, type ErrorCode } from '../../src/contract/errors';
import type { NotInspectedReason } from '../../src/contract/verdict';
import type { DetectorState, DetectOutcome, ModelInfo } from '../../src/contract/detector';
import { cameraOf } from '../../src/contract/frame';
import { newFrame } from '../../src/image/new-frame';
import { ADMITTED } from '../../src/station/scheduler';
import { numberBetween } from '../../src/contract/validate';
import { onClose, onInput, statusText } from '../shared/adapter';
import { joinStation } from '../shared/station';
import { modelNodeOf, type InspectionModelNode } from '../inspection-model/inspection-model-node';
import { markNotInspected, type InspectionMessage } from '../shared/messages';

interface YoloDetectDef extends NodeDef {
  model: string;
  confidence: number | string;
}

/** Reasons that are a choice of the station, not a fault: they end a frame but trigger no Catch node. */
const CHOSEN: ReadonlySet<NotInspectedReason> = new Set(['dropped by overload', 'too hot', 'stopped']);

/** The status under the node is renewed at most this often: every change goes over the editor's websocket. */
const STATUS_INTERVAL_MS = 500;

const STATE_BADGES: Record<DetectorState, { fill: 'green' | 'yellow' | 'red' | 'grey'; shape: 'dot' | 'ring' }> = {
  starting: { fill: 'yellow', shape: 'ring' },
  ready: { fill: 'green', shape: 'dot' },
  restarting: { fill: 'yellow', shape: 'ring' },
  failed: { fill: 'red', shape: 'ring' },
  stopped: { fill: 'grey', shape: 'ring' },
};

export = function (RED: NodeAPI) {
  const { ledger, monitor, scheduler } = joinStation(RED);
  function YoloInt8Detect(this: import('node-red').Node, config: YoloDetectDef) {
    RED.nodes.createNode(this, config);
    const text = (key: string): string => RED._(`yolo-int8-detect.status.${key}`);
    let model: InspectionModelNode | undefined;
    let confidence: number | undefined;
    let problem: Error | undefined;
    let seq = 0;
    let statusAt = 0;
    /** Since the model failed its self-test, until it passes one. */
    let isProvenWrong = false;

    try {
      model = modelNodeOf((id) => RED.nodes.getNode(id), config.model);
      if (!model) throw expected('an inspection-model', 'model', config.model || 'nothing');
      if (!isBlank(config.confidence)) confidence = numberBetween(config.confidence, 'confidence', 0, 1);
    } catch (error) {
      problem = error as Error;
      this.error(problem);
    }

    /** @returns whether this is new, and so to be told */
    const showProvenWrong = (): boolean => {
      const isNew = !isProvenWrong;
      isProvenWrong = true;
      if (isNew) this.status({ ...STATE_BADGES.failed, text: text('selfTest') });
      return isNew;
    };
    const showState = (state: DetectorState): void => {
      const failure = model?.detector?.failure;
      if (state === 'ready') isProvenWrong = false;
      if (failure?.code === 'SELF_TEST_FAILED' && showProvenWrong()) return this.error(failure.message, {});
      if (!isProvenWrong) this.status({ ...STATE_BADGES[state], text: text(state) });
    };
    if (problem) {
      this.status({ fill: 'red', shape: 'ring', text: text('settings') });
    } else if (model?.detector) {
      const { detector } = model;
      detector.on('state', showState);
      showState(detector.stats().state);
      onClose(this, () => void detector.off('state', showState));
    } else if (model) {
      this.status({ fill: 'red', shape: 'ring', text: text('failed') });
    }

    const showLatency = (totalMs: number): void => {
      const now = Date.now();
      if (now - statusAt < STATUS_INTERVAL_MS) return;
      statusAt = now;
      this.status({ fill: 'green', shape: 'dot', text: statusText(`${totalMs.toFixed(0)} ms`) });
    };

    onInput<InspectionMessage>(this, async (message, send) => {
      const image = message.payload;
      const fail = (reason: NotInspectedReason, error: Error): never => {
        markNotInspected(message, reason, error.message);
        send(message);
        throw error;
      };

      if (message.notInspected) {
        markNotInspected(message, message.notInspected.reason, message.notInspected.detail);
        send(message);
        return;
      }
      if (!Buffer.isBuffer(image)) {
        return fail('bad message', expected('a Buffer with an encoded picture', 'msg.payload', image));
      }
      const frame = (message.frame = newFrame(String(message.topic || 'message'), seq++, image, message.frame));
      message.image = image;
      if (!model?.line) {
        const why = model?.problem ?? 'no inspection-model is chosen';
        return fail(
          'model not available',
          new InspectionError('DETECTOR_FAILED', `The model is not available: ${why}`),
        );
      }
      if (problem) return fail('bad message', problem);
      let limit = confidence;
      try {
        if (message.confidence !== undefined) limit = numberBetween(message.confidence, 'msg.confidence', 0, 1);
      } catch (error) {
        return fail('bad message', error as Error);
      }

      // a thermal-guard before this node in the flow has asked already
      const admission = message.thermal?.admitted
        ? ADMITTED
        : scheduler.admit({ camera: cameraOf(frame), kind: 'primary' });
      if (!admission.admitted) {
        message.thermal = { ...scheduler.condition, admitted: false };
        markNotInspected(message, admission.reason, admission.detail);
        send(message);
        return;
      }

      ledger.enter(cameraOf(frame), frame.id);
      let outcome: DetectOutcome;
      try {
        // a camera that wants every picture inspected keeps its word through the model's waiting line too
        const overload = frame.overload === 'every' ? 'every' : undefined;
        outcome = await model.line.detect({ image, frame, confidence: limit, overload });
      } finally {
        ledger.leave(cameraOf(frame), frame.id);
      }

      if (!outcome.inspected) {
        markNotInspected(message, outcome.reason, outcome.detail);
        send(message);
        if (CHOSEN.has(outcome.reason)) return;
        // told once: it would be one for every frame until somebody comes
        if (outcome.reason === 'self-test failed' && !showProvenWrong()) return;
        throw new InspectionError((outcome.code as ErrorCode) ?? 'DETECTOR_FAILED', outcome.detail);
      }
      message.payload = outcome.detections;
      frame.width ||= outcome.image.width;
      frame.height ||= outcome.image.height;
      const { name, version, sha256, precision, kernels } = outcome.model;
      message.inference = {
        model: { name, version, sha256, precision, kernels },
        latencyMs: outcome.latencyMs,
        threads: outcome.threads,
        image: outcome.image,
        thresholds: { confidence: outcome.confidence, ...(limit === undefined && perClassOf(outcome.model)) },
        thermal: scheduler.condition,
      };
      scheduler.reportInspected();
      monitor.inspected({ node: model.id, model: name }, outcome.latencyMs);
      showLatency(outcome.latencyMs.total);
      send(message);
    });
  }
  RED.nodes.registerType('yolo-int8-detect', YoloInt8Detect);
};

/** The thresholds per class that were applied, where the model brings some along. */
function perClassOf({ thresholds }: ModelInfo): { perClass?: Record<string, number> } {
  return thresholds?.perClass ? { perClass: thresholds.perClass } : {};
}

/** An empty field in the dialog: the model's own threshold applies. */
function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}
