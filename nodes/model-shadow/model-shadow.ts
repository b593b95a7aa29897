import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { Detector } from '../../src/detector/detector';
import { toAnnotations } from '../../src/detect/annotations';
import { expected, InspectionError, messageOf } from '../../src/contract/errors';
import { resolveModelPath } from '../../src/model/resolve';
import { confinedPath } from '../../src/model/slots/confine';
import { PartLog } from '../../src/shadow/review/part-log';
import { ReviewStore, type KnownPart } from '../../src/shadow/review/review-store';
import type { CutRequest } from '../../src/image/cut';
import { ShadowController } from '../../src/shadow/trial/controller';
import { isCommand, partOf, topicOf, TOPICS, type LineMessage, type Topic } from '../../src/shadow/trial/line-message';
import type { Phase } from '../../src/shadow/trial/phases';
import { stateOf, type ShadowReport } from '../../src/shadow/trial/shadow-report';
import type { RoutedDetector } from '../../src/detector/routed-detector';
import { reviewLimits, shadowSettings } from '../../src/shadow/trial/shadow-config';
import { nonEmptyString, oneOf } from '../../src/contract/validate';
import { defineNode, type NodeContext } from '../shared/define-node';
import { ownPageOnly } from '../shared/own-page';
import type { Badge } from '../shared/status-badge';
import { modelNodeOf, type InspectionModelNode } from '../inspection-model/inspection-model-node';
import { MODEL_SHADOW } from './properties';
import { nextCardOf, serveReview, type ReviewedNode } from './review-endpoints';
import { reviewTopicOf, type ReviewTopic } from './review-topics';

type Context = NodeContext<typeof MODEL_SHADOW.table, ModelShadowNode>;

interface ModelShadowNode extends ReviewedNode {
  /** Does what a topic asks for, the payload's text being the reason; used by messages and by the buttons of the editor. */
  command(topic: Topic, payload?: unknown, by?: string): Promise<void>;
  lastReport: ShadowReport | undefined;
  /** How things stand now; null before the first report. */
  reportNow(): Promise<ShadowReport | null>;
}

const BADGES: Record<Phase, Badge> = {
  idle: { fill: 'grey', shape: 'ring' },
  shadow: { fill: 'blue', shape: 'ring' },
  canary: { fill: 'yellow', shape: 'dot' },
  paused: { fill: 'red', shape: 'ring' },
  promoted: { fill: 'green', shape: 'ring' },
  confirmed: { fill: 'green', shape: 'dot' },
  reverted: { fill: 'yellow', shape: 'ring' },
  rejected: { fill: 'red', shape: 'dot' },
};
/** While a candidate that differs waits for a person. */
const DIFFERENT: Badge = { fill: 'yellow', shape: 'ring' };

export = function (RED: NodeAPI) {
  const folders = () => [RED.settings.userDir ?? process.cwd(), process.cwd()];
  const fromUserDir = (path: string) => resolve(RED.settings.userDir ?? process.cwd(), path);

  /** The path of the candidate; undefined: the one in the station's other slot. */
  function candidatePath(candidate: string): string | undefined {
    if (candidate === '') return undefined;
    const named = RED.nodes.getNode(candidate) as InspectionModelNode | null;
    if (named === null) return resolveModelPath(candidate, folders());
    if (named.modelPath !== undefined) return named.modelPath;
    throw new InspectionError('MODEL_NOT_FOUND', `The candidate is not available: ${named.problem ?? 'no model'}`);
  }

  function readKey(path: string): string | undefined {
    if (path === '') return undefined;
    try {
      return readFileSync(fromUserDir(path), 'utf8');
    } catch {
      throw expected('a PEM file that can be read', 'publicKey', path);
    }
  }

  /** How the store of people's answers is opened, and the log of parts beside it; nothing where nobody is asked. */
  function reviewOf({ node, config, onClose }: Context, detector: Detector | undefined) {
    // without a user folder there is no place of its own for the answers
    if (!config.review || (config.reviewFolder === '' && RED.settings.userDir === undefined)) return {};
    const folder = fromUserDir(config.reviewFolder || join('review', node.id));
    let log: PartLog | undefined;
    const opened = PartLog.open(join(folder, 'parts')).then(
      (found) => (log = found),
      (error: unknown) => void node.warn(messageOf(error)),
    );
    onClose(async () => {
      await opened;
      await log?.close().catch((error: unknown) => node.warn(messageOf(error)));
    });
    return {
      openReview: async () => {
        await opened;
        return ReviewStore.open(folder, reviewLimits(config), {
          ...(detector && { cut: (image, request) => cutBy(detector, image, request) }),
          lookUp: async (part) => log?.find(part),
        });
      },
      parts: { add: (part: KnownPart, failed?: (error: unknown) => void) => log?.add(part, failed) },
    };
  }

  function controllerOf(context: Context): {
    line: RoutedDetector;
    controller: ShadowController;
  } {
    const { node, config } = context;
    const { scheduler } = context.station;
    const model = modelNodeOf((id) => RED.nodes.getNode(id), config.model);
    if (model === undefined) throw expected('an inspection-model', 'model', config.model || 'nothing');
    const { line, modelPath: linePath, problem } = model;
    if (line === undefined || linePath === undefined) {
      throw new InspectionError('DETECTOR_FAILED', `The model in use is not available: ${problem ?? 'no model'}`);
    }
    const controller = new ShadowController({
      line,
      linePath,
      candidate: candidatePath(config.candidate),
      publicKeyPem: readKey(config.publicKey),
      createDetector: (options) => new Detector(options),
      allowed: (runs) => scheduler.admit({ camera: node.id, kind: 'shadow', runs }).admitted,
      settings: shadowSettings(config, fromUserDir('.')),
      ...reviewOf(context, model.detector),
    });
    return { line, controller };
  }

  /** Tells what the controller does: by status, output and log. */
  function report({ node, show }: Context, controller: ShadowController): void {
    controller.on('report', (report) => {
      const { phase, frames, statistics, event, text } = report;
      const word = stateOf(report);
      const share = statistics?.disagreement.share;
      const figures = share === undefined ? '' : ` ${frames} ${(share * 100).toFixed(0)}%`;
      node.lastReport = report;
      const badge = word === 'different' ? DIFFERENT : BADGES[phase];
      show({ ...badge, text: `${RED._(`model-shadow.phase.${word}`)}${figures}` });
      if (event === 'warning') node.warn(text);
      node.send([{ topic: `shadow/${event}`, payload: report }, null]);
    });
    controller.on('disputed', (record, { image, frame }) => {
      const annotations = toAnnotations([...record.missed, ...record.extra]);
      node.send([null, { topic: 'shadow/disputed', payload: record, image, frame, annotations }]);
    });
  }

  /** What messages and the buttons of the editor can have it do. */
  function commandsOf(controller: ShadowController, modelsFolder: string): ModelShadowNode['command'] {
    return async (topic, payload, by = 'by message') => {
      if (topic === 'status') return controller.report();
      if (topic !== 'candidate') return controller.command(topic, reasonOf(payload), by);
      if (modelsFolder === '') throw expected('a models folder in the properties', 'a candidate by message', payload);
      const name = nonEmptyString(payload, 'msg.payload');
      return controller.tryCandidate(await confinedPath(fromUserDir(modelsFolder), name, 'the candidate'));
    };
  }

  defineNode<typeof MODEL_SHADOW.table, NodeMessageInFlow & LineMessage, ModelShadowNode>(RED, {
    properties: MODEL_SHADOW,

    refused(node, error) {
      Object.assign(node, NO_REVIEW);
      node.command = async () => {
        throw error;
      };
      node.reportNow = async () => null;
    },

    start(context) {
      const { node, config, show, fail, onClose } = context;
      const { line, controller } = controllerOf(context);
      report(context, controller);
      node.reportNow = async () => (node.lastReport === undefined ? null : controller.current());
      node.review = () => controller.review;
      node.modelInUse = () => controller.primary;
      node.modelId = config.model;
      node.command = commandsOf(controller, config.modelsFolder);
      onClose(() => controller.stop());
      onClose(line.watch());
      show({ fill: 'grey', shape: 'ring', text: RED._('model-shadow.phase.starting') });
      controller.start().catch(fail);

      return async function handle(message) {
        const wanted = reviewTopicOf(message);
        if (wanted !== undefined) return tellReview(node, controller.review, wanted, message.payload);
        const topic = topicOf(message);
        if (topic !== undefined) return node.command(topic, message.payload);
        const part = await partOf(message, line, controller);
        // the shadow takes its time; the message is done
        void controller.part(part).catch((error: unknown) => node.warn(messageOf(error)));
      };
    },
  });

  serveReview(RED);

  RED.httpAdmin.get('/model-shadow/:id', RED.auth.needsPermission('model-shadow.read'), (request, response) => {
    const node = RED.nodes.getNode(request.params.id as string) as ModelShadowNode | null;
    if (node?.type !== 'model-shadow') {
      response.sendStatus(404);
      return;
    }
    node.reportNow().then(
      (report) => response.json(report),
      (error: unknown) => response.status(500).json({ error: messageOf(error) }),
    );
  });

  RED.httpAdmin.post(
    '/model-shadow/:id/:topic',
    RED.auth.needsPermission('model-shadow.write'),
    ownPageOnly,
    (request, response) => {
      const node = RED.nodes.getNode(request.params.id as string) as ModelShadowNode | null;
      if (node?.type !== 'model-shadow') {
        response.sendStatus(404);
        return;
      }
      const work = async () => {
        const topic = oneOf(
          request.params.topic,
          'the command',
          TOPICS.filter((word) => isCommand(word) || word === 'status'),
        );
        const { reason } = (request.body ?? {}) as { reason?: unknown };
        await node.command(topic, reason, RED._('model-shadow.reason.editor'));
        response.json(await node.reportNow());
      };
      work().catch((error: unknown) => response.status(400).json({ error: messageOf(error) }));
    },
  );
};

/** Has the detector's process cut a picture: no pixel work in this one. */
const cutBy = async (detector: Detector, image: Uint8Array, request: CutRequest) => {
  const { value, bytes } = await detector.run('cut', request, image);
  return { jpeg: bytes, area: value.area };
};

/** A node that refuses asks nobody. */
const NO_REVIEW: Pick<ModelShadowNode, 'review' | 'modelInUse' | 'modelId'> = {
  review: () => undefined,
  modelInUse: () => undefined,
  modelId: '',
};

/** Takes the truth that a message tells, and sends the next card where one is asked for, with its picture. */
async function tellReview(
  node: Node,
  store: ReviewStore | undefined,
  wanted: ReviewTopic,
  payload: unknown,
): Promise<void> {
  if (store === undefined)
    throw expected('a node in which people judge (Review)', `msg.topic ${wanted}`, 'one where it is off');
  const asked = (payload ?? {}) as { by?: unknown; skip?: unknown; way?: unknown };
  if (wanted === 'truth') {
    const taken = await store.truth(payload, asked.way === 'dashboard' ? 'dashboard' : 'message');
    node.send([
      { topic: 'shadow/truth', payload: { ...taken, ...(asked.by !== undefined && { by: asked.by }) } },
      null,
    ]);
    return;
  }
  const skip = Array.isArray(asked.skip) ? asked.skip.map(String) : [];
  const answer = await nextCardOf(store, typeof asked.by === 'string' ? asked.by : '', skip);
  const pictures = answer.card === null ? {} : await picturesOf(store, answer.card.id);
  node.send([{ topic: 'shadow/review', payload: { ...answer, ...pictures } }, null]);
}

/** Crop and whole picture of a card, as they are in the store. */
async function picturesOf(store: ReviewStore, card: string): Promise<{ crop?: string; whole?: string }> {
  const read = async (which: 'crop' | 'whole') => {
    const found = await store.picture(card, which);
    if (found === undefined) return {};
    const bytes = await readFile(found.path).catch(() => undefined);
    return bytes && { [which]: `data:${found.contentType};base64,${bytes.toString('base64')}` };
  };
  return { ...(await read('crop')), ...(await read('whole')) };
}

/** Why a command is given, in a person's words; undefined: nobody said. An inject node sends a number or nothing. */
function reasonOf(payload: unknown): string | undefined {
  return typeof payload === 'string' && payload.trim() !== '' ? payload.trim().slice(0, 200) : undefined;
}
