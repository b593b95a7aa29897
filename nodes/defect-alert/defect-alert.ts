import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { EvidenceFolder } from '../../src/alert/keep/evidence';
import { stationTopic } from '../../src/alert/judge/names';
import type { VerdictRecord } from '../../src/alert/judge/messages';
import { isGoldenTopic } from '../../src/alert/golden/command';
import type { GoldenEvent, GoldenRecord } from '../../src/alert/golden/records';
import { statusMessage } from '../../src/alert/announce/presence';
import { AlertService } from '../../src/alert/service';
import { onClose, onInput, showError, statusText, type Send } from '../shared/adapter';
import { BrokerLink } from '../shared/broker-link';
import { rendererOf } from '../shared/renderer';
import { joinStation } from '../shared/station';
import { readDefinition, type DefectAlertDef, type ReadDefinition } from './defect-alert-definition';
import { EmergencyJudge } from './emergency';
import { modelNodeOf } from '../inspection-model/inspection-model-node';
import { serveEvidence, type EvidenceFolders } from './evidence-endpoint';

interface DefectAlertMessage extends NodeMessageInFlow {
  thermal?: unknown;
  frame?: unknown;
  inference?: unknown;
  notInspected?: unknown;
  image?: unknown;
  rules?: unknown;
  counters?: unknown;
  verdict?: unknown;
}

/** Golden parts whose announcement came to an end, or whose check did not come about: what the metrics count. */
const GOLDEN_ENDS: ReadonlySet<GoldenEvent> = new Set(['right', 'wrong', 'not inspected', 'expired', 'lost']);

/** What of the golden samples shows under the node, until the next verdict does. */
const GOLDEN_FILL_OF: Partial<Record<GoldenEvent, 'green' | 'red' | 'yellow' | 'blue'>> = {
  announced: 'blue',
  right: 'green',
  wrong: 'red',
  'not inspected': 'yellow',
  expired: 'yellow',
  lost: 'yellow',
  due: 'yellow',
  overdue: 'red',
};

const FILL_OF = { PASS: 'green', FAIL: 'red', NOT_INSPECTED: 'grey' } as const;

/** A frame stays a frame, whatever topic its message carries: a trigger's own topic stays on it. */
function isGoldenCommand({ topic, frame, inference, notInspected }: DefectAlertMessage, station: string): boolean {
  return isGoldenTopic(topic, station) && [frame, inference, notInspected].every((part) => part === undefined);
}

export = function (RED: NodeAPI) {
  const { monitor } = joinStation(RED);
  const folders: EvidenceFolders = new Map();
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const settings = RED.settings as { userDir?: string; httpAdminRoot?: string | false };
  const adminRoot = `/${String(settings.httpAdminRoot || '').replace(/^\/+|\/+$/g, '')}/`.replace('//', '/');
  serveEvidence(RED, folders);

  /** A part's verdict and alerts by the outputs alone; what is no part is left to the error that follows. */
  function judgeInEmergency(id: string, emergency: EmergencyJudge, message: DefectAlertMessage, send: Send): void {
    if (message.rules !== undefined || message.counters !== undefined || isGoldenCommand(message, emergency.name))
      return;
    const { payload, frame, notInspected } = message;
    const inference = message.inference ?? { thermal: message.thermal };
    const { verdict, alerts } = emergency.judge({ payload, frame, inference, notInspected });
    monitor.verdict(id, emergency.name, verdict.verdict, verdict.reason);
    message.topic = stationTopic(emergency.name, 'verdict');
    message.payload = verdict;
    send([alerts.map((alert) => ({ topic: emergency.alertTopic, payload: alert, qos: 1 })), message]);
  }

  function DefectAlertNode(this: Node, definition: DefectAlertDef) {
    RED.nodes.createNode(this, definition);
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const node = this;
    let read: ReadDefinition;
    let broker: BrokerLink | undefined;
    try {
      read = readDefinition(definition, { userDir: settings.userDir, adminRoot, version });
      if (definition.broker) broker = new BrokerLink(RED, definition.broker, node.id);
    } catch (error) {
      showError(node, error);
      node.error(error);
      const emergency = new EmergencyJudge(definition);
      onInput<DefectAlertMessage>(node, (message, send) => {
        judgeInEmergency(node.id, emergency, message, send);
        throw error;
      });
      return;
    }
    const { station } = read.service;
    const evidence = read.evidence && new EvidenceFolder(read.evidence);
    if (evidence !== undefined) folders.set(node.id, evidence);
    // Other nodes make the connection as soon as they are there, and a will goes with it: so this cannot wait.
    if (broker !== undefined && read.service.presence?.sparkplugGroup === undefined) {
      broker.setWill(statusMessage(station, 'offline'));
    }

    /** Made when the service cannot be started. */
    let emergency: EmergencyJudge | undefined;
    const started = AlertService.start(read.service, {
      alert: (topic, payload) => node.send([{ topic, payload, qos: 1 }, null]),
      golden: (payload) => {
        node.send([null, { topic: stationTopic(station, 'golden'), payload, qos: 1, retain: true }]);
        countGolden(payload);
        showGolden(payload);
      },
      picture: (payload, verdict) => {
        const topic = stationTopic(station, 'picture');
        node.send([null, { topic, payload, verdict }]);
      },
      warn: (sentence) => node.warn(sentence),
      broker,
      evidence,
      render: rendererOf(modelNodeOf((id) => RED.nodes.getNode(id), definition.model)),
    });
    started.then(
      () => broker?.open(),
      (error: unknown) => {
        showError(node, error);
        node.error(error);
      },
    );

    function countGolden({ event, sample, state }: GoldenRecord): void {
      if (sample !== null && GOLDEN_ENDS.has(event)) monitor.goldenEnded(node.id, station, sample, event);
      monitor.golden.set(node.id, { station, due: state.due !== null, problem: state.problem });
    }

    function showGolden({ event, sample }: GoldenRecord): void {
      const fill = GOLDEN_FILL_OF[event];
      if (fill === undefined) return;
      const text = `${RED._(`defect-alert.golden.${event.replace(' ', '_')}`)} ${sample ?? ''}`;
      node.status({ fill, shape: 'ring', text: statusText(text.trim()) });
    }

    function showVerdict(service: AlertService, { verdict, reason }: VerdictRecord): void {
      const { pass, triggers } = service.station.counters;
      const waiting = service.undelivered;
      const text = `${RED._(`defect-alert.status.${verdict}`)} ${pass}/${triggers}`;
      node.status({
        fill: FILL_OF[verdict],
        shape: reason === undefined && waiting === 0 ? 'dot' : 'ring',
        text: statusText(waiting > 1 ? `${text} ✉${waiting}` : text),
      });
    }

    async function judge(service: AlertService, message: DefectAlertMessage, send: Send): Promise<void> {
      const { payload, frame, notInspected, image } = message;
      // a frame that nobody inspected still says how hot it was
      const inference = message.inference ?? { thermal: message.thermal };
      const { verdict, error, settled } = service.handle({ payload, frame, inference, notInspected, image });
      // the picture stays on the verdict for dashboards, and never gets onto the alert
      message.topic = stationTopic(station, 'verdict');
      message.payload = verdict;
      send([null, message]);
      if (verdict.golden === undefined) monitor.verdict(node.id, station, verdict.verdict, verdict.reason);
      showVerdict(service, verdict);
      await settled;
      if (error !== undefined) throw error;
    }

    onInput<DefectAlertMessage>(node, async (message, send) => {
      let service: AlertService;
      try {
        service = await started;
      } catch (error) {
        judgeInEmergency(node.id, (emergency ??= new EmergencyJudge(definition)), message, send);
        throw error;
      }
      if (message.rules !== undefined) {
        const { rules, saved } = service.changeRules(message.rules);
        const payload = { id: service.station.rulesId, rules: structuredClone(rules) };
        send([null, { topic: stationTopic(station, 'rules'), payload }]);
        await saved;
      } else if (isGoldenCommand(message, station)) await service.commandGolden(message.payload);
      else if (message.counters === 'reset') await service.resetCounters();
      else await judge(service, message, send);
    });
    onClose(node, async (removed) => {
      folders.delete(node.id);
      monitor.golden.delete(node.id);
      const service = await started.catch(() => undefined);
      await service?.stop();
      await broker?.close(removed);
    });
  }
  RED.nodes.registerType('defect-alert', DefectAlertNode);
};
