import { resolve } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { newFrame } from '../../src/image/new-frame';
import { expected, InspectionError, messageOf, type ErrorCode } from '../../src/contract/errors';
import type { DetectorState, DetectOutcome, DetectRequest, ModelInfo } from '../../src/contract/detector';
import { cameraOf, type FrameInfo } from '../../src/contract/frame';
import type { AlignRequest } from '../../src/contract/alignment';
import type { Tiling } from '../../src/contract/tiling';
import { STILL_LOADING, type NotInspectedReason } from '../../src/contract/verdict';
import type { RoutedDetector } from '../../src/detector/routed-detector';
import { ADMITTED } from '../../src/station/scheduler';
import type { Station } from '../../src/station/station';
import { serveReferences, type LastPicture } from './references';
import { modelNodeOf, type InspectionModelNode } from '../inspection-model/inspection-model-node';
import { defineNode, type Send } from '../shared/define-node';
import {
  bookedCamera,
  markNotInspected,
  sourceOf,
  type InferenceRecord,
  type InspectionMessage,
} from '../shared/messages';
import { readOverrides, type ValuesOf } from '../shared/properties';
import type { Badge } from '../shared/status-badge';
import { YOLO_INT8_DETECT } from './properties';

/** Reasons that are a choice of the station, not a fault: they end a frame but trigger no Catch node. */
const CHOSEN: ReadonlySet<NotInspectedReason> = new Set([
  'dropped by overload',
  'too hot',
  'stopped',
  'part not found',
]);

const STATE_BADGES: Record<DetectorState, Badge> = {
  starting: { fill: 'yellow', shape: 'ring' },
  ready: { fill: 'green', shape: 'dot' },
  restarting: { fill: 'yellow', shape: 'ring' },
  failed: { fill: 'red', shape: 'ring' },
  stopped: { fill: 'grey', shape: 'ring' },
};

type Inspected = Extract<DetectOutcome, { inspected: true }>;
type Thermal = InferenceRecord['thermal'];
type UsableModel = InspectionModelNode & { line: RoutedDetector };

/** Properties that a message may say for itself; `msg.model` is nothing of ours. */
const DETECT_OVERRIDES = {
  ...YOLO_INT8_DETECT,
  table: { confidence: YOLO_INT8_DETECT.table.confidence, tiles: YOLO_INT8_DETECT.table.tiles },
};

/** Sends the message on as not inspected, and fails with the error. */
function giveUp(message: InspectionMessage, send: Send, reason: NotInspectedReason, error: unknown): never {
  markNotInspected(message, reason, messageOf(error));
  send(message);
  throw error;
}

/** The model that a property names. @throws InspectionError when there is none, or it cannot be used */
function usableModel(getNode: (id: string) => Node | null, id: string): UsableModel {
  const model = modelNodeOf(getNode, id);
  if (model === undefined) throw expected('an inspection-model', 'model', id || 'nothing', 'MODEL_NOT_FOUND');
  if (model.line !== undefined) return model as UsableModel;
  throw new InspectionError('DETECTOR_FAILED', `The model is not available: ${model.problem ?? 'no model'}`);
}

/** Gives a picture that comes from elsewhere its description. @throws InspectionError for anything that is no picture */
function frameOf(message: InspectionMessage, seq: number): { image: Buffer; frame: FrameInfo } {
  const image = message.payload;
  if (!Buffer.isBuffer(image)) throw expected('a Buffer with an encoded picture', 'msg.payload', image);
  const frame = newFrame(sourceOf(message), seq, image, message.frame);
  Object.assign(message, { frame, image });
  return { image, frame };
}

/** The thresholds per class that were applied, where the model brings some along. */
function perClassOf({ thresholds }: ModelInfo): { perClass?: Record<string, number> } {
  return thresholds?.perClass ? { perClass: thresholds.perClass } : {};
}

/** Writes what the detector found into the message. */
function fill(
  message: InspectionMessage,
  frame: FrameInfo,
  outcome: Inspected,
  limit: number | undefined,
  thermal: Thermal,
): void {
  message.payload = outcome.detections;
  frame.width ||= outcome.image.width;
  frame.height ||= outcome.image.height;
  const { name, version, sha256, precision, kernels } = outcome.model;
  message.inference = {
    model: { name, version, sha256, precision, kernels },
    latencyMs: outcome.latencyMs,
    threads: outcome.threads,
    image: outcome.image,
    ...(outcome.picture && { picture: outcome.picture }),
    thresholds: { confidence: outcome.confidence, ...(limit === undefined && perClassOf(outcome.model)) },
    thermal,
    ...(outcome.tiles && { tiles: outcome.tiles }),
    ...(outcome.alignment && { alignment: outcome.alignment }),
  };
}

async function inspect(
  model: UsableModel,
  { ledger }: Station,
  { image, frame, ...asked }: Pick<DetectRequest, 'image' | 'confidence' | 'tiling' | 'align'> & { frame: FrameInfo },
) {
  ledger.enter(cameraOf(frame), frame.id, model.detector?.state === 'starting');
  try {
    // a camera that wants every picture inspected keeps its word through the model's waiting line too
    const overload = frame.overload === 'every' ? 'every' : undefined;
    return await model.line.detect({ image, frame, ...asked, overload });
  } finally {
    ledger.leave(cameraOf(frame), frame.id);
  }
}

type Config = ValuesOf<typeof YOLO_INT8_DETECT.table>;

/** What of the properties says where the part is. */
function alignOf({ reference, part: box, partTurn, likeness, notFound }: Config, userDir: string): AlignRequest {
  return { reference: resolve(userDir, reference), box, rotationDegrees: partTurn, leastScore: likeness, notFound };
}

export = function (RED: NodeAPI) {
  const userDir = RED.settings?.userDir ?? process.cwd();
  /** The last picture of each node: what a part is taught by. */
  const lastPictures = new Map<string, LastPicture>();
  serveReferences(RED, lastPictures, userDir);

  defineNode<typeof YOLO_INT8_DETECT.table, InspectionMessage>(RED, {
    properties: YOLO_INT8_DETECT,

    refuse(message, send, error) {
      const isModel = error instanceof InspectionError && error.code !== 'BAD_ARGUMENT';
      markNotInspected(message, isModel ? 'model not available' : 'bad message', messageOf(error));
      send(message);
    },

    start({ node, config, station, show, word, fail, onClose, isClosing, leaveToSuccessor }) {
      const { monitor, scheduler, books, sequences } = station;
      const model = usableModel((id) => RED.nodes.getNode(id), config.model);
      /** Since the model failed its self-test, until it passes one. */
      let isProvenWrong = false;
      const align = config.align ? alignOf(config, userDir) : undefined;
      onClose(() => void lastPictures.delete(node.id));
      const showProvenWrong = () => {
        isProvenWrong = true;
        show({ ...STATE_BADGES.failed, text: word('selfTest') });
      };
      const showState = (state: DetectorState) => {
        const failure = model.detector?.failure;
        if (state === 'ready') isProvenWrong = false;
        if (failure?.code === 'SELF_TEST_FAILED' && !isProvenWrong) {
          fail(failure);
          showProvenWrong();
        } else if (!isProvenWrong) show({ ...STATE_BADGES[state], text: word(state) });
      };
      model.detector?.on('state', showState);
      onClose(() => void model.detector?.off('state', showState));
      showState(model.detector?.state ?? 'stopped');
      return async function handle(message, send) {
        if (message.notInspected) {
          markNotInspected(message, message.notInspected.reason, message.notInspected.detail);
          send(message);
          return;
        }
        let image: Buffer;
        let frame: FrameInfo;
        let confidence: number | undefined;
        let tiling: Tiling | undefined;
        try {
          // a frame that has a number keeps it
          ({ image, frame } = frameOf(message, message.frame ? 0 : sequences.next(node.id)));
          lastPictures.set(node.id, { image, frame, model });
          if (typeof frame.id === 'string') books.offer(frame.id, bookedCamera(frame));
          const asked = { ...config, ...readOverrides(DETECT_OVERRIDES, message) };
          ({ confidence } = asked);
          tiling = asked.tiles && { layout: asked.tiles, overlap: config.tileOverlap };
        } catch (error) {
          return giveUp(message, send, 'bad message', error);
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

        const outcome = await inspect(model, station, {
          ...{ image, frame, confidence },
          ...(tiling && { tiling }),
          ...(align && { align }),
        });
        if (!outcome.inspected && outcome.reason === 'stopped' && isClosing()) return leaveToSuccessor(message);
        if (!outcome.inspected) {
          const { reason, detail, code } = outcome;
          // told once: it would be one for every frame until somebody comes
          const isTold = reason === 'self-test failed' && isProvenWrong;
          if (reason === 'self-test failed') showProvenWrong();
          if (!isTold && !CHOSEN.has(reason) && detail !== STILL_LOADING) {
            return giveUp(message, send, reason, new InspectionError((code as ErrorCode) ?? 'DETECTOR_FAILED', detail));
          }
          markNotInspected(message, reason, detail);
          send(message);
          return;
        }
        fill(message, frame, outcome, confidence, scheduler.condition);
        const runs = outcome.tiles?.count ?? 1;
        scheduler.reportInspected(undefined, { camera: cameraOf(frame), runs });
        if (outcome.picture) monitor.picture(cameraOf(frame), frame.source, outcome.picture);
        monitor.inspected({ node: model.id, model: outcome.model.name }, outcome.latencyMs);
        show({ fill: 'green', shape: 'dot', text: `${outcome.latencyMs.total.toFixed(0)} ms` });
        send(message);
      };
    },
  });
};
