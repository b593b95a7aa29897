import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { Detector } from '../../src/detector/detector';
import { toAnnotations } from '../../src/detect/annotations';
import { expected, InspectionError, messageOf } from '../../src/contract/errors';
import { resolveModelPath } from '../../src/model/resolve';
import { confinedPath } from '../../src/model/slots/confine';
import { ShadowController } from '../../src/shadow/trial/controller';
import { isCommand, partOf, topicOf, TOPICS, type LineMessage, type Topic } from '../../src/shadow/trial/line-message';
import type { Phase } from '../../src/shadow/trial/phases';
import { stateOf, type ShadowReport } from '../../src/shadow/trial/shadow-report';
import type { RoutedDetector } from '../../src/detector/routed-detector';
import { shadowSettings } from '../../src/shadow/trial/shadow-config';
import { nonEmptyString, oneOf } from '../../src/contract/validate';
import { defineNode, type NodeContext } from '../shared/define-node';
import { ownPageOnly } from '../shared/own-page';
import type { Badge } from '../shared/status-badge';
import { modelNodeOf, type InspectionModelNode } from '../inspection-model/inspection-model-node';
import { MODEL_SHADOW } from './properties';

type Context = NodeContext<typeof MODEL_SHADOW.table, ModelShadowNode>;

interface ModelShadowNode extends Node {
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

  function controllerOf({ node, config, station: { scheduler } }: Context): {
    line: RoutedDetector;
    controller: ShadowController;
  } {
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
      node.command = commandsOf(controller, config.modelsFolder);
      onClose(() => controller.stop());
      onClose(line.watch());
      show({ fill: 'grey', shape: 'ring', text: RED._('model-shadow.phase.starting') });
      controller.start().catch(fail);

      return async function handle(message) {
        const topic = topicOf(message);
        if (topic !== undefined) return node.command(topic, message.payload);
        const part = await partOf(message, line, controller);
        // the shadow takes its time; the message is done
        void controller.part(part).catch((error: unknown) => node.warn(messageOf(error)));
      };
    },
  });

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

/** Why a command is given, in a person's words; undefined: nobody said. An inject node sends a number or nothing. */
function reasonOf(payload: unknown): string | undefined {
  return typeof payload === 'string' && payload.trim() !== '' ? payload.trim().slice(0, 200) : undefined;
}
