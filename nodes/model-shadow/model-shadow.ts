import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { Detector } from '../../src/detector/detector';
import { toAnnotations } from '../../src/detect/annotations';
import { expected, InspectionError, messageOf } from '../../src/contract/errors';
import { resolveModelPath } from '../../src/model/resolve';
import { confinedPath } from '../../src/model/slots/confine';
import { ShadowController } from '../../src/shadow/trial/controller';
import { isCommand, partOf, topicOf, TOPICS, type LineMessage, type Topic } from '../../src/shadow/trial/line-message';
import type { Phase } from '../../src/shadow/trial/phases';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import type { RoutedDetector } from '../../src/detector/routed-detector';
import { readShadowConfig, type RawShadowConfig } from '../../src/shadow/trial/shadow-config';
import { nonEmptyString, oneOf } from '../../src/contract/validate';
import { onClose, onInput, showError, statusText } from '../shared/adapter';
import { joinStation } from '../shared/station';
import { modelNodeOf, type InspectionModelNode } from '../inspection-model/inspection-model-node';

interface ModelShadowDef extends NodeDef, RawShadowConfig {
  /** Id of the inspection-model in use. */
  model: string;
  /** Path of a model, id of an inspection-model, or empty for the one that waits in the station's other slot. */
  candidate?: string;
  /** Paths by message must stay in here; empty: no paths by message. */
  modelsFolder?: string;
  /** PEM file of the Ed25519 key that candidates must be signed by; empty: signatures are not asked for. */
  publicKey?: string;
}

interface ModelShadowNode extends Node {
  /** Does what a topic asks for; used by messages and by the buttons of the editor. */
  command(topic: Topic, payload?: unknown): Promise<void>;
  lastReport: ShadowReport | undefined;
  /** How things stand now; null before the first report. */
  reportNow(): Promise<ShadowReport | null>;
}

type Badge = { fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey'; shape: 'dot' | 'ring' };

const BADGES: Record<Phase, Badge> = {
  idle: { fill: 'grey', shape: 'ring' },
  shadow: { fill: 'blue', shape: 'ring' },
  canary: { fill: 'yellow', shape: 'dot' },
  promoted: { fill: 'green', shape: 'ring' },
  confirmed: { fill: 'green', shape: 'dot' },
  reverted: { fill: 'yellow', shape: 'ring' },
  rejected: { fill: 'red', shape: 'dot' },
};

export = function (RED: NodeAPI) {
  const { scheduler } = joinStation(RED);
  const folders = () => [RED.settings.userDir ?? process.cwd(), process.cwd()];
  const fromUserDir = (path: string) => resolve(RED.settings.userDir ?? process.cwd(), path);

  /** The path of the candidate; undefined: the one in the station's other slot. */
  function candidatePath(candidate: string | undefined): string | undefined {
    if (candidate === undefined || candidate.trim() === '') return undefined;
    const named = RED.nodes.getNode(candidate) as InspectionModelNode | null;
    if (named === null) return resolveModelPath(candidate, folders());
    if (named.modelPath !== undefined) return named.modelPath;
    throw new InspectionError('MODEL_NOT_FOUND', `The candidate is not available: ${named.problem ?? 'no model'}`);
  }

  function readKey(path: string | undefined): string | undefined {
    if (path === undefined || path.trim() === '') return undefined;
    try {
      return readFileSync(fromUserDir(path), 'utf8');
    } catch {
      throw expected('a PEM file that can be read', 'publicKey', path);
    }
  }

  function controllerOf(config: ModelShadowDef): { line: RoutedDetector; controller: ShadowController } {
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
      allowed: () => scheduler.admit({ camera: config.id, kind: 'shadow' }).admitted,
      settings: readShadowConfig(config, fromUserDir('.')),
    });
    return { line, controller };
  }

  function ModelShadow(this: ModelShadowNode, config: ModelShadowDef) {
    RED.nodes.createNode(this, config);
    let line: RoutedDetector;
    let controller: ShadowController;
    try {
      ({ line, controller } = controllerOf(config));
    } catch (error) {
      const refuse = () => {
        throw error;
      };
      showError(this, error);
      this.error(error);
      this.command = async () => refuse();
      this.reportNow = async () => null;
      onInput(this, refuse);
      return;
    }

    const showReport = ({ phase, frames, statistics }: ShadowReport) => {
      const share = statistics?.disagreement.share;
      const figures = share === undefined ? '' : ` ${frames} ${(share * 100).toFixed(0)}%`;
      this.status({ ...BADGES[phase], text: statusText(`${RED._(`model-shadow.phase.${phase}`)}${figures}`) });
    };
    controller.on('report', (report) => {
      this.lastReport = report;
      showReport(report);
      if (report.event === 'warning') this.warn(report.text);
      this.send([{ topic: `shadow/${report.event}`, payload: report }, null]);
    });
    controller.on('disputed', (record, { image, frame }) => {
      const annotations = toAnnotations([...record.missed, ...record.extra]);
      this.send([null, { topic: 'shadow/disputed', payload: record, image, frame, annotations }]);
    });

    this.reportNow = async () => (this.lastReport === undefined ? null : controller.current());
    this.command = async (topic, payload) => {
      if (topic === 'status') return controller.report();
      if (topic !== 'candidate') return controller.command(topic, reasonOf(payload));
      const root = config.modelsFolder?.trim();
      if (!root) throw expected('a models folder in the properties', 'a candidate by message', payload);
      const path = await confinedPath(fromUserDir(root), nonEmptyString(payload, 'msg.payload'), 'the candidate');
      return controller.tryCandidate(path);
    };

    onInput<NodeMessageInFlow & LineMessage>(this, async (message) => {
      const topic = topicOf(message);
      if (topic !== undefined) return this.command(topic, message.payload);
      const part = await partOf(message, line, controller);
      // the shadow takes its time; the message is done
      void controller.part(part).catch((error: unknown) => this.warn(messageOf(error)));
    });

    const endWatch = line.watch();
    onClose(this, async () => {
      endWatch();
      await controller.stop();
    });
    this.status({ fill: 'grey', shape: 'ring', text: RED._('model-shadow.phase.starting') });
    controller.start().catch((error: unknown) => {
      showError(this, error);
      this.error(messageOf(error));
    });
  }
  RED.nodes.registerType('model-shadow', ModelShadow);

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
        await node.command(topic, RED._('model-shadow.reason.editor'));
        response.json(await node.reportNow());
      };
      work().catch((error: unknown) => response.status(400).json({ error: messageOf(error) }));
    },
  );
};

/** Why a command is given: the text of its message. An inject node sends a number or nothing. */
function reasonOf(payload: unknown): string {
  return typeof payload === 'string' && payload.trim() !== '' ? payload.trim().slice(0, 200) : 'by message';
}
