import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeMessageInFlow } from 'node-red';
import { EvidenceFolder } from '../../src/alert/keep/evidence';
import { unknownClassOf } from '../../src/alert/judge/known-classes';
import { stationTopic } from '../../src/alert/judge/names';
import { readRules, type AlertRules } from '../../src/alert/judge/rules';
import type { VerdictRecord } from '../../src/alert/judge/messages';
import { isGoldenTopic } from '../../src/alert/golden/command';
import type { GoldenEvent, GoldenRecord } from '../../src/alert/golden/records';
import { statusMessage } from '../../src/alert/announce/presence';
import { AlertService, type ServiceOptions, type ServicePorts } from '../../src/alert/service';
import { BrokerLink } from '../shared/broker-link';
import { defineNode, type NodeContext, type Send } from '../shared/define-node';
import { bookedCamera } from '../shared/messages';
import { rendererOf } from '../shared/renderer';
import { joinStation, saveBooks } from '../shared/station';
import { modelNodeOf } from '../inspection-model/inspection-model-node';
import { classesBefore } from './classes-before';
import { EmergencyJudge } from './emergency';
import { serveEvidence, type EvidenceFolders } from './evidence-endpoint';
import { DEFECT_ALERT } from './properties';
import { serviceOptions } from './service-options';
import { StationBadge } from './station-badge';
import { StationNames } from './station-names';

interface DefectAlertMessage extends NodeMessageInFlow {
  thermal?: unknown;
  frame?: unknown;
  inference?: unknown;
  notInspected?: unknown;
  image?: unknown;
  rules?: unknown;
  counters?: unknown;
  cameras?: unknown;
  verdict?: unknown;
}

/** A station at work, with its status. */
type Context = NodeContext<typeof DEFECT_ALERT.table, DefectAlertNode> & { badge: StationBadge };

interface DefectAlertNode extends Node {
  /** Judges while the node refuses its settings. */
  emergency?: EmergencyJudge;
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
  const { monitor, books } = joinStation(RED);
  const folders: EvidenceFolders = new Map();
  const names = new StationNames();
  const { version } = JSON.parse(readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const settings = RED.settings as { userDir?: string; httpAdminRoot?: string | false };
  const adminRoot = `/${String(settings.httpAdminRoot || '').replace(/^\/+|\/+$/g, '')}/`.replace('//', '/');
  serveEvidence(RED, folders);

  /** A part's verdict and alerts by the outputs alone; what is no part is left to the error that follows. */
  function judgeInEmergency(id: string, emergency: EmergencyJudge, message: DefectAlertMessage, send: Send): void {
    const { rules, counters, cameras } = message;
    const isCommand = [rules, counters, cameras].some((part) => part !== undefined);
    if (isCommand || isGoldenCommand(message, emergency.name)) return;
    const { payload, frame, notInspected } = message;
    const inference = message.inference ?? { thermal: message.thermal };
    const { verdict, alerts } = emergency.judge({ payload, frame, inference, notInspected });
    monitor.verdict(id, emergency.name, verdict);
    book(frame, verdict);
    message.topic = stationTopic(emergency.name, 'verdict');
    message.payload = verdict;
    send([alerts.map((alert) => ({ topic: emergency.alertTopic, payload: alert, qos: 1 })), message]);
  }

  /** Enters a verdict into the station's books, for the frame as the message knows it. */
  function book(frame: unknown, verdict: VerdictRecord): void {
    const { id } = Object(frame) as { id?: unknown };
    const isGolden = verdict.golden !== undefined;
    books.settle(typeof id === 'string' ? id : verdict.frame.id, bookedCamera(frame), { ...verdict, isGolden });
  }

  function optionsOf({ node, config, raw }: Context): ServiceOptions {
    const { userDir } = settings;
    return serviceOptions(config, { id: node.id, userDir, adminRoot, version, statedSchedule: raw.goldenSchedule });
  }

  /** The broker with the will of this station, not connected yet; undefined: none is chosen. */
  function brokerOf({ node, config, onClose }: Context): BrokerLink | undefined {
    if (config.broker === '') return undefined;
    const broker = new BrokerLink(RED, config.broker, node.id);
    // before everything else, and so the last to be closed: the farewells go by it
    onClose((removed) => broker.close(removed));
    // Other nodes make the connection as soon as they are there, and a will goes with it: so this cannot wait.
    if (config.sparkplugGroup === '') broker.setWill(statusMessage(config.station, 'offline'));
    return broker;
  }

  function evidenceOf({ node, config, onClose }: Context, folder: string | undefined): EvidenceFolder | undefined {
    if (folder === undefined) return undefined;
    const evidence = new EvidenceFolder({ folder: join(folder, 'evidence'), maxFiles: config.evidenceMaxFiles });
    folders.set(node.id, evidence);
    onClose(() => void folders.delete(node.id));
    return evidence;
  }

  /** What the service tells, by outputs, status and metrics. */
  function portsOf({ node, config, badge, word, send }: Context): ServicePorts {
    const { station } = config;

    function countGolden({ event, sample, state }: GoldenRecord): void {
      if (sample !== null && GOLDEN_ENDS.has(event)) monitor.goldenEnded(node.id, station, sample, event);
      monitor.golden.set(node.id, { station, due: state.due !== null, problem: state.problem });
    }

    function showGolden({ event, sample }: GoldenRecord): void {
      const fill = GOLDEN_FILL_OF[event];
      if (fill === undefined) return;
      badge.show({ fill, shape: 'ring', text: `${word(event.replace(' ', '_'))} ${sample ?? ''}`.trim() });
    }

    return {
      alert: (topic, payload) => send([{ topic, payload, qos: 1 }, null]),
      golden: (payload) => {
        send([null, { topic: stationTopic(station, 'golden'), payload, qos: 1, retain: true }]);
        countGolden(payload);
        showGolden(payload);
      },
      picture: (payload, verdict) => {
        const topic = stationTopic(station, 'picture');
        send([null, { topic, payload, verdict }]);
      },
      silence: (payload) => {
        send([null, { topic: stationTopic(station, 'status'), payload, qos: 1, retain: true }]);
        if (payload.silentSince === undefined) return;
        badge.show({ fill: 'yellow', shape: 'ring', text: word('silent', { seconds: config.silenceAfterSeconds }) });
      },
      warn: (sentence) => node.warn(sentence),
    };
  }

  /** Judges one part: its verdict by output 2, and by the status. */
  async function judge(
    context: Context,
    service: AlertService,
    message: DefectAlertMessage,
    send: Send,
  ): Promise<void> {
    const { node, config } = context;
    const { payload, frame, notInspected, image } = message;
    // a frame that nobody inspected still says how hot it was
    const inference = message.inference ?? { thermal: message.thermal };
    const { verdict, error, settled } = service.handle({ payload, frame, inference, notInspected, image });
    // the picture stays on the verdict for dashboards, and never gets onto the alert
    message.topic = stationTopic(config.station, 'verdict');
    message.payload = verdict;
    send([null, message]);
    if (verdict.golden === undefined) monitor.verdict(node.id, config.station, verdict);
    book(frame, verdict);
    showVerdict(context, service, verdict);
    await settled;
    if (error !== undefined) throw error;
  }

  function showVerdict({ badge, word }: Context, service: AlertService, { verdict, reason }: VerdictRecord): void {
    const { pass, triggers } = service.station.counters;
    const waiting = service.undelivered;
    const [trouble] = service.cameraTroubles;
    const counted = `${word(verdict)} ${pass}/${triggers}`;
    const text = trouble === undefined ? counted : `${counted} ${word(`trouble.${trouble.trouble.replace(' ', '_')}`)}`;
    badge.show({
      fill: trouble !== undefined && verdict === 'PASS' ? 'yellow' : FILL_OF[verdict],
      shape: reason === undefined && waiting === 0 ? 'dot' : 'ring',
      text: waiting > 1 ? `${text} ✉${waiting}` : text,
    });
  }

  /** Two stations of one name overwrite each other on every topic: that is said as long as it is so. */
  function joinNames({ node, config, badge, onClose }: Context): void {
    const leave = names.join(node.id, config.station, (twin) => {
      badge.set('same-name', twin !== undefined);
      if (twin === undefined) return;
      node.warn(RED._('defect-alert.warning.same-name', { station: config.station, twin }));
    });
    onClose(leave);
  }

  /**
   * Holds rules to the classes that there are, once those are known. Parts are judged by rules with another class all the
   * same: it only never comes.
   *
   * @returns a check of a change by message, which throws
   */
  function holdToClasses(
    { node, badge, isClosing }: Context,
    rules: AlertRules,
  ): (change: unknown, current: AlertRules) => void {
    let known: string[] = [];
    classesBefore(RED, node.id).then(
      (classes) => {
        if (isClosing()) return;
        known = classes;
        const unknown = unknownClassOf(rules, known);
        badge.set('unknown-class', unknown !== undefined);
        if (unknown !== undefined) node.error(unknown.message, {});
      },
      // the model's own node says what is wrong with it
      () => undefined,
    );
    return (change, current) => {
      if (change === 'reset') return;
      // those that the change itself names: a slider goes on working whatever else stands in the rules
      const unknown = unknownClassOf(readRules(change, { ...current, classes: {}, zones: [] }), known);
      if (unknown !== undefined) throw unknown;
    };
  }

  defineNode<typeof DEFECT_ALERT.table, DefectAlertMessage, DefectAlertNode>(RED, {
    properties: DEFECT_ALERT,

    refused(node, _error, raw) {
      node.emergency = new EmergencyJudge(raw);
    },

    refuse(message, send, _error, node) {
      if (node.emergency !== undefined) judgeInEmergency(node.id, node.emergency, message, send);
    },

    start(basics) {
      const context: Context = { ...basics, badge: new StationBadge(basics) };
      const { node, config, raw, fail, onClose, isClosing, leaveToSuccessor } = context;
      const { station } = config;
      const options = optionsOf(context);
      const broker = brokerOf(context);
      const evidence = evidenceOf(context, options.folder);
      const render = rendererOf(modelNodeOf((id) => RED.nodes.getNode(id), config.model));
      joinNames(context);
      monitor.speaksFor(node.id, station);
      const checkClasses = holdToClasses(context, options.rules);
      const others = () => names.beside(node.id);
      const started = AlertService.start(options, { ...portsOf(context), broker, evidence, render, others });
      started.then((service) => {
        broker?.open();
        if (isClosing()) return;
        const { silence } = service;
        monitor.cameraTroubles.set(node.id, () => service.cameraTroubles);
        monitor.partFlows.set(node.id, { station, isSilent: () => silence.isSilent, seconds: () => silence.seconds });
      }, fail);
      onClose(async () => {
        monitor.cameraTroubles.delete(node.id);
        const service = await started.catch(() => undefined);
        await service?.stop();
        monitor.golden.delete(node.id);
        monitor.partFlows.delete(node.id);
        await saveBooks();
      });

      return async function handle(message, send) {
        let service: AlertService;
        try {
          service = await started;
        } catch (error) {
          judgeInEmergency(node.id, (node.emergency ??= new EmergencyJudge(raw)), message, send);
          throw error;
        }
        // the service is stopped by now, or about to be
        if (isClosing()) return leaveToSuccessor(message);
        if (message.rules !== undefined) {
          checkClasses(message.rules, service.station.rules);
          const { rules, saved } = service.changeRules(message.rules);
          const payload = { id: service.station.rulesId, rules: structuredClone(rules) };
          send([null, { topic: stationTopic(station, 'rules'), payload }]);
          await saved;
        } else if (isGoldenCommand(message, station)) await service.commandGolden(message.payload);
        else if (message.counters === 'reset') await service.resetCounters();
        else if (message.cameras === 'learn') await service.relearnCameras();
        else await judge(context, service, message, send);
      };
    },
  });
};
