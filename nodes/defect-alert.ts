import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { publishTopic, stationName, stationTopic } from '../src/alert/names';
import type { Alert, VerdictRecord } from '../src/alert/messages';
import { DEFAULT_RULES, readRules, type AlertRules } from '../src/alert/rules';
import { AlertStation } from '../src/alert/station';
import { onClose, onInput, showError, type Send } from './adapter';

interface DefectAlertDef extends NodeDef {
  station: string;
  topic: string;
  minConfidence: string | number;
  /** JSON text of the other rules. */
  rules?: string;
}

interface DefectAlertMessage extends NodeMessageInFlow {
  frame?: unknown;
  inference?: unknown;
  notInspected?: unknown;
  image?: unknown;
  rules?: unknown;
  counters?: unknown;
}

function readConfiguredRules({ rules, minConfidence }: DefectAlertDef): AlertRules {
  const text = rules?.trim() ?? '';
  let parsed: unknown = {};
  if (text !== '') {
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = text;
    }
  }
  const base = minConfidence === undefined || minConfidence === '' ? DEFAULT_RULES : readRules({ minConfidence });
  return readRules(parsed, base);
}

export = function (RED: NodeAPI) {
  function DefectAlertNode(this: Node, definition: DefectAlertDef) {
    RED.nodes.createNode(this, definition);
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const node = this;
    let station: AlertStation;
    let alertTopic: string;
    let configuredRules: AlertRules;
    try {
      const name = stationName(definition.station);
      alertTopic = publishTopic(definition.topic?.trim() || stationTopic(name, 'alert'));
      configuredRules = readConfiguredRules(definition);
      station = new AlertStation(name, Date.now(), configuredRules);
    } catch (error) {
      showError(node, error);
      node.error(error);
      onInput(node, () => {
        throw error;
      });
      return;
    }

    let summaryTimer: NodeJS.Timeout | undefined;

    function showVerdict({ verdict, reason }: VerdictRecord): void {
      const fill = ({ PASS: 'green', FAIL: 'red', NOT_INSPECTED: 'grey' } as const)[verdict];
      const text = RED._(`defect-alert.status.${verdict}`);
      const { pass, triggers } = station.counters;
      node.status({ fill, shape: reason === undefined ? 'dot' : 'ring', text: `${text} ${pass}/${triggers}` });
    }

    const alertMessage = (alert: Alert, topic: string) => ({ topic, payload: alert, qos: 1 as const });

    function planSummary(): void {
      clearTimeout(summaryTimer);
      const dueMs = station.summaryDueMs;
      if (dueMs === undefined) return;
      summaryTimer = setTimeout(
        () => {
          const alert = station.summary(Date.now());
          if (alert !== undefined) node.send([alertMessage(alert, alertTopic), null]);
          planSummary();
        },
        Math.max(10, dueMs - Date.now()),
      );
    }

    function changeRules(change: unknown, send: Send): void {
      if (change === 'reset') station.setRules(configuredRules);
      else station.changeRules(change);
      const payload = { id: station.rulesId, rules: station.rules };
      send([null, { topic: stationTopic(station.name, 'rules'), payload }]);
    }

    function judge(message: DefectAlertMessage, send: Send): void {
      const { payload, frame, inference, notInspected } = message;
      const judgement = station.judge({ payload, frame, inference, notInspected }, Date.now());
      for (const alert of judgement.alerts) send([alertMessage(alert, alertTopic), null]);
      // the picture stays on the verdict for dashboards; what only the engine needed does not
      message.topic = stationTopic(station.name, 'verdict');
      message.payload = judgement.verdict;
      send([null, message]);
      if (judgement.error !== undefined) throw judgement.error;
      showVerdict(judgement.verdict);
      planSummary();
    }

    onInput<DefectAlertMessage>(node, (message, send) => {
      if (message.rules !== undefined) changeRules(message.rules, send);
      else if (message.counters === 'reset') station.resetCounters(Date.now());
      else judge(message, send);
    });
    onClose(node, () => clearTimeout(summaryTimer));
  }
  RED.nodes.registerType('defect-alert', DefectAlertNode);
};
